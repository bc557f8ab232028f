"""One patient after the other, each drawn from the seed and a number alone, whatever the others are."""

from collections.abc import Sequence
from datetime import date

from service.population.generate.awkward.all import Awkward
from service.population.generate.days import Days
from service.population.generate.shelf import Illness, Kidneys, Shelf
from service.population.generate.wishes import Dice, Wish, charts, spread

# A chart: the lines of each type of resource. Beyond so many patients two seeds would meet.
Chart = dict[str, list[str]]
MOST_PATIENTS = 1 << 40
YEAR = 365.25
VISITS = ("visit_1", "visit_2", "visit_3")


class Charts:
    """Fills charts from the shelf."""

    def __init__(self, wish: Wish) -> None:
        data = charts()
        self._days = Days(wish.as_of, data["ages_in_days"])
        self.shelf = Shelf(data, self._days)
        self.dice = Dice(0)
        self._awkward = Awkward(data, wish, self.shelf, self.dice)
        self._pick, self._draw = self.dice.pick, self.dice.draw
        self._first = wish.seed * MOST_PATIENTS
        self._today = wish.as_of.toordinal()
        self._ages = [age for age in data["ages"] for _ in range(age["weight"])]
        self._genders = spread(data["genders"])
        self._counts = {name: spread(data[name]) for name in data if name.endswith("_count")}
        self._visits, self._sessions = spread(data["visits"]), spread(data["dialysis_sessions"])
        self._shares = {name: data[name] for name in data if name.endswith("_share")}
        self._shares |= {"treated": data["treated"], "nutrition": data["nutrition"]["share"]}

    def of(self, number: int) -> tuple[str, Chart]:
        """Return the id and the chart of the patient with this number."""
        self.dice.start_again(self._first + number)
        who = f"p{number:08d}"
        age = self._pick(self._ages)
        kidneys = self._pick(self.shelf.kidneys[age["group"]])
        illnesses = self._illnesses(kidneys)
        chart = {
            "Patient": [self._person(who, age["from"], age["to"])],
            "Condition": self._filled(who, [each.entries for each in illnesses], "condition"),
            "Observation": self._results(who, kidneys),
        }
        self._add_medicines(chart, who, illnesses)
        self._add_the_rest(chart, who, kidneys)
        self._awkward.befall(who, chart)
        return who, chart

    def _person(self, who: str, youngest: int, oldest: int) -> str:
        days = (youngest + (oldest + 1 - youngest) * self._draw()) * YEAR
        born = date.fromordinal(self._today - int(days)).isoformat()
        return self._pick(self.shelf.people[self._pick(self._genders)]) % (who, who[1:], born)

    def _illnesses(self, kidneys: Kidneys) -> list[Illness]:
        drawn = [self._pick(self.shelf.illnesses) for _ in range(self._pick(self._counts["condition_count"]))]
        if kidneys.illnesses:
            drawn.append(self._pick(kidneys.illnesses))
        return list(dict.fromkeys(drawn))

    def _filled(self, who: str, tables: Sequence[Sequence[str]], when: str) -> list[str]:
        """Return one resource of each table, each of a moment of its own."""
        # Dice.pick, written out: half of all time is spent here.
        draw, days = self._draw, self._days.of[when]
        return [
            table[int(draw() * len(table))] % (who, at, who, days[int(draw() * len(days))])
            for at, table in enumerate(tables)
        ]

    def _results(self, who: str, kidneys: Kidneys) -> list[str]:
        pick, draw = self._pick, self._draw
        lines: list[str] = []
        for visit in VISITS[: pick(self._visits)]:
            day, panel = pick(self._days.of[visit]), pick(kidneys.panels)
            first = len(lines)
            lines += [table[int(draw() * len(table))] % (who, at, who, day) for at, table in enumerate(panel, first)]
        return lines

    def _add_medicines(self, chart: Chart, who: str, illnesses: list[Illness]) -> None:
        pick, shelf, treated = self._pick, self.shelf, self._shares["treated"]
        drawn = [pick(each.medicines) for each in illnesses if each.medicines and self.dice.happens(treated)]
        drawn += [pick(shelf.medicines) for _ in range(pick(self._counts["medicine_count"]))]
        medicines = list(dict.fromkeys(drawn))
        chart["MedicationRequest"] = self._filled(who, [each.requests for each in medicines], "medicine")
        if medicines and self.dice.happens(self._shares["own_product_share"]):
            own = pick((shelf.mixtures if self.dice.happens(self._shares["mixture_share"]) else medicines[0]).own)
            self._add_own_product(chart, who, own)
        statements = [shelf.statements] * pick(self._counts["supplement_count"])
        chart["MedicationStatement"] = self._filled(who, statements, "medicine")

    def _add_own_product(self, chart: Chart, who: str, own: tuple[str, str]) -> None:
        """Let the first medicine refer to a product that belongs to this patient's record alone."""
        request, product = own
        chart["MedicationRequest"][0] = request % (who, 0, who, 0, who, self._pick(self._days.of["medicine"]))
        chart["Medication"] = [product % (who, 0)]

    def _add_the_rest(self, chart: Chart, who: str, kidneys: Kidneys) -> None:
        happens, shares, shelf = self.dice.happens, self._shares, self.shelf
        procedures = [kidneys.procedures] * self._pick(self._sessions) if kidneys.procedures else []
        procedures += [shelf.procedures] if happens(shares["procedure_share"]) else []
        chart["Procedure"] = self._filled(who, procedures, "procedure")
        nutrition = [shelf.nutrition] if happens(shares["nutrition"]) else []
        chart["NutritionOrder"] = self._filled(who, nutrition, "medicine")
        allergies = [shelf.allergies] if happens(shares["allergy_share"]) else []
        chart["AllergyIntolerance"] = self._filled(who, allergies, "condition")
