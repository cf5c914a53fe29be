"""What a device says comes in as text: what is none never goes on, and never hides a document."""

from conftest import eventually
from contracts import branch
from fiscal.worker.domain import kkm
from services.fiscal.tests.builders import Club, a_line, a_print


async def test_what_a_device_says_is_told_without_what_is_no_text(club: Club) -> None:
    job = a_print()
    await club.fault("error_before", error="Ошибка\0 ККТ:\x1b нет\tсвязи\r\n")

    await club.order(job)
    refused = await eventually(lambda: club.ended(job.job_id))

    assert isinstance(refused, branch.JobRefused), refused
    assert refused.device_text == "Ошибка ККТ: нет\tсвязи\r\n"


def test_halves_of_pairs_and_control_characters_are_no_text_at_any_depth() -> None:
    said = {"Error\0": "нет\ud83d ", "Rezult": {"Register": [{"Name": "Кола\x9f 🥤"}, 5, None, True]}}

    assert kkm.clean(said) == {"Error": "нет ", "Rezult": {"Register": [{"Name": "Кола 🥤"}, 5, None, True]}}


async def test_a_name_that_is_no_text_is_still_found_in_the_register(club: Club) -> None:
    job = a_print(receipt=a_print().receipt.model_copy(update={"lines": (a_line("Кола\0\x07 0,5"),)}))
    await club.fault("lost_journal")

    await club.order(job)
    done = await eventually(lambda: club.ended(job.job_id), within_s=20)

    assert isinstance(done, branch.JobDone), done
    assert len(await club.documents("sale")) == 1
