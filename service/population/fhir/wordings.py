"""Reads each distinct wording once, with the readers of one patient, and tells in rows what it means."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from schemas.profile import Condition, Entry, Medication, Open, Profile, Supplement
from schemas.problem import Refused
from service.facts.entries import GONE, read_entries
from service.facts.in_sql.dictionary import Dictionary
from service.facts.in_sql.texts import plain_gap
from service.facts.model import Gap
from service.intake.fhir.assemble import FEEDS, LISTS, Gathering
from service.intake.fhir.chart import unpack
from service.intake.fhir.people import meant_by, person_of
from service.intake.fhir.subjects import Subjects
from service.intake.strict_json import parse_fhir
from service.population.fhir.members import MADE, SEPARATOR, WORDED
