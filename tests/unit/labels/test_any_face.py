"""Whatever stands on a card: it is drawn wholly on its paper, or refused in words. Nothing else happens."""

from __future__ import annotations

from card_faces import LONG, PICTURE
from card_places import beyond, in_the_way
from hypothesis import given, settings
from hypothesis import strategies as st

from ekanban_labels import layout_file
from ekanban_labels.errors import Refused
from ekanban_labels.face import CardFace, Kind
from ekanban_labels.layout import Purpose
from ekanban_labels.profile import RESOLUTIONS, Profile
from ekanban_labels.resolve import scenes
from ekanban_labels.scene import Scene

NAMES = [name for name in layout_file.names() if layout_file.named(name).purpose is Purpose.CARD]
words = st.text(max_size=12) | st.text("ABC abc-/.,123 äŁΩж日", max_size=60) | st.just("{0} %s ^XZ <b>")
payloads = st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ-:/.", max_size=120) | st.text(max_size=30)
counts = st.integers(0, 10_000)
faces = st.builds(
    CardFace,
    part=words, description=words | st.just("endless " * 625), quantity=words, unit=words, container=words,
    source=words, destination=words, code=words, barcode=payloads | st.just(LONG.barcode),
    matrix=payloads | st.just(LONG.matrix), bin=words, supplier=words, supplier_part=words,
    kind=st.sampled_from(Kind), card=counts, cards=counts,
    lead_time=words, version=counts, printed=words, owner=words, remark=words, picture=st.sampled_from([None, PICTURE]),
    captions=st.dictionaries(st.sampled_from(["source", "signal", "amount"]), words),
)  # fmt: skip
near_one = st.floats(0.9, 1.1)
profiles = st.builds(
    Profile,
    dpi=st.sampled_from(RESOLUTIONS), offset_x=st.floats(-6, 6), offset_y=st.floats(-6, 6),
    scale_x=near_one, scale_y=near_one,
) | st.builds(Profile, dpi=st.sampled_from(RESOLUTIONS))  # fmt: skip


def outcome(face: CardFace, name: str, profile: Profile) -> tuple[Scene, ...] | Refused:
    try:
        return scenes(face, layout_file.named(name), profile)
    except Refused as refused:
        return refused


@given(face=faces, name=st.sampled_from(NAMES), profile=profiles)
@settings(max_examples=120, deadline=None)
def test_a_face_is_drawn_on_its_paper_or_refused(face: CardFace, name: str, profile: Profile) -> None:
    drawn = outcome(face, name, profile)

    if isinstance(drawn, Refused):
        assert drawn.problems
        assert all(problem.said() for problem in drawn.problems)
        return
    for scene in drawn:
        assert not beyond(scene)
        assert not in_the_way(scene)


@given(face=faces)
@settings(max_examples=30, deadline=None)
def test_the_same_face_is_drawn_alike_again(face: CardFace) -> None:
    assert str(outcome(face, "a7", Profile())) == str(outcome(face, "a7", Profile()))
