"""Every case beside every rule, on both engines."""

from collections import defaultdict
from collections.abc import Mapping

import pytest

from service.assess import Assessor
from service.knowledge.files import Folder
from service.knowledge.load import load_pack
from service.workbench.cases import Case, assessors, load_cases, run

PACK = load_pack()
BY_FILE: dict[str, list[Case]] = defaultdict(list)
for each in load_cases(Folder(PACK.folder)):
    BY_FILE[each.at.partition(":")[0]].append(each)


@pytest.fixture(scope="module")
def engines() -> Mapping[str, Assessor]:
    return assessors(PACK)


@pytest.mark.parametrize("file", sorted(BY_FILE))
def test_cases(file: str, engines: Mapping[str, Assessor]) -> None:
    failed = [result for case in BY_FILE[file] for result in run(case, engines) if result.wrong]
    told = [f"{result.case.rule}: {result.case.name} [{result.engine}]: {' '.join(result.wrong)}" for result in failed]
    assert not told, "\n".join(told)
