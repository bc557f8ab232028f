// What can be measured of a page as it stands: each function answers with a list of what is wrong, in words.
globalThis.measures = (() => {
  const CONTROLS = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  const SLACK = 1.5;
  const named = (each) => {
    const words = (each.getAttribute("aria-label") || each.innerText || each.value || "").trim().replace(/\s+/g, " ");
    return `${each.localName}${each.id && "#" + each.id}${each.className && "." + each.classList[0]} “${words.slice(0, 50)}”`;
  };
  const ancestors = (each) => (each ? [each, ...ancestors(each.parentElement)] : []);
  const isSeen = (each) => {
    const box = each.getBoundingClientRect();
    const onlyForEars = ancestors(each).some((one) => getComputedStyle(one).clipPath !== "none") || each.closest(".skip:not(:focus)");
    return !onlyForEars && box.width > 0 && box.height > 0 && each.checkVisibility({ visibilityProperty: true });
  };
  const all = (selector) => [...document.querySelectorAll(selector)].filter(isSeen);
  // A chart, a table of another shape and program text may scroll within their own frame (WCAG 2.1, 1.4.10).
  const inOwnFrame = (each) => each.closest(".scroll, pre");

  // Nothing sticks out of the window to the right.
  const sideways = () => {
    const width = document.documentElement.clientWidth;
    const found = document.scrollingElement.scrollWidth > width ? [`the page is ${document.scrollingElement.scrollWidth} wide`] : [];
    const out = all("body *").filter((each) => each.getBoundingClientRect().right > width + SLACK && !inOwnFrame(each));
    const frames = all(".scroll").filter((each) => each.scrollWidth > each.clientWidth + SLACK && !each.querySelector("svg, .diagram"));
    return [...found, ...out.map(named), ...frames.map((each) => `its table is wider: ${named(each)}`)];
  };

  // No text is cut off by its own box.
  const cut = () => all("body *").filter((each) => {
    const style = getComputedStyle(each);
    const hides = style.overflowX !== "visible" || style.overflowY !== "visible" || style.textOverflow === "ellipsis";
    if (!hides || each.matches("textarea, select, input, pre, .scroll, .rail-in, svg, svg *")) return false;
    return each.scrollWidth > each.clientWidth + SLACK || each.scrollHeight > each.clientHeight + SLACK;
  }).map(named);

  // Boxes that follow each other do not lie over each other.
  const overlapping = () => all("main *").flatMap((each) => {
    const next = each.nextElementSibling;
    if (!next || !isSeen(next) || each.closest("svg")) return [];
    if ([each, next].some((one) => ["inline", "contents"].includes(getComputedStyle(one).display))) return [];
    if ([each, next].some((one) => ["sticky", "fixed", "absolute"].includes(getComputedStyle(one).position))) return [];
    const [a, b] = [each.getBoundingClientRect(), next.getBoundingClientRect()];
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    return wide > SLACK && high > SLACK ? [`${named(each)} and ${named(next)}`] : [];
  });

  // A link in a sentence is as high as its line (WCAG 2.2, 2.5.8, the exception "inline"); all others are large enough.
  const inSentence = (each) => {
    if (!each.matches("a") || getComputedStyle(each).display !== "inline") return false;
    const words = each.parentElement.innerText.trim();
    return words.length > each.innerText.trim().length;
  };
  const small = (least) => all(CONTROLS).filter((each) => {
    const box = each.closest("label")?.getBoundingClientRect() ?? each.getBoundingClientRect();
    return (box.width < least || box.height < least) && !inSentence(each);
  }).map((each) => `${named(each)} ${Math.round(each.getBoundingClientRect().width)}×${Math.round(each.getBoundingClientRect().height)}`);

  // A word beside every colour, in a colour that is not its ground.
  const wordless = () => all(".tag, .severity").filter((each) => {
    const style = getComputedStyle(each);
    return !each.innerText.trim() || style.color === style.backgroundColor;
  }).map(named);

  const isOver = (box, each) => {
    const points = [[0.5, 0.5], [0.1, 0.5], [0.9, 0.5]];
    return points.some(([across, down]) => {
      const x = Math.min(Math.max(box.left + box.width * across, 1), innerWidth - 1);
      const y = Math.min(Math.max(Math.max(box.top, 0) + (Math.min(box.bottom, innerHeight) - Math.max(box.top, 0)) * down, 1), innerHeight - 1);
      const top = document.elementFromPoint(x, y);
      return top && (each.contains(top) || top.contains(each) && top.localName !== "body" || top.closest("label")?.contains(each));
    });
  };

  // What has the focus: where it stands on the page and in its order, and whether it can be seen.
  const focused = () => {
    const each = document.activeElement;
    if (!each || each === document.body) return null;
    const box = each.getBoundingClientRect(), style = getComputedStyle(each);
    const place = each.closest("aside, header, .skip")?.localName ?? "content";
    return {
      name: named(each), place, top: Math.round(box.top + scrollY), left: Math.round(box.left), bottom: Math.round(box.bottom + scrollY),
      hasRing: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
      isInView: box.bottom > 0 && box.top < innerHeight && isOver(box, each),
    };
  };

  return { sideways, cut, overlapping, small, wordless, focused };
})();
