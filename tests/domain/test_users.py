"""Users' ids."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ulid import ULID

from chalicelib.domain.users import id_of_subject


@given(st.uuids())
def test_an_id_is_the_subject_in_other_letters(subject: UUID) -> None:
    made = id_of_subject(str(subject))

    assert made.startswith("usr_")
    assert ULID.from_str(made.removeprefix("usr_")).to_uuid() == subject


@pytest.mark.parametrize("subject", ["", "ada", "usr_1", "00000000-0000-0000-0000"])
def test_what_is_no_subject_has_no_id(subject: str) -> None:
    with pytest.raises(ValueError, match="UUID"):
        id_of_subject(subject)
