"""The page: paper, newest first, and nothing that a strict policy would stop."""

from emulators.kkm_server.tests.toy import Kkm, a_line, a_receipt


async def test_the_page_shows_the_paper_newest_first(kkm: Kkm) -> None:
    await kkm.done(a_receipt(a_line(Name="Первый")))
    await kkm.done(a_receipt(a_line(Name="Второй")))

    page = await kkm.http.get("/")

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.text.index("Второй") < page.text.index("Первый") < page.text.index("ОТЧЕТ ОБ ОТКРЫТИИ СМЕНЫ")
    assert page.text.count("<svg") == 2
    assert 'http-equiv="refresh"' in page.text


async def test_the_page_needs_nothing_from_outside_and_no_script(kkm: Kkm) -> None:
    await kkm.done(a_receipt())

    page = await kkm.http.get("/")
    style = await kkm.http.get("/page.css")

    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    assert "<script" not in page.text
    assert "style=" not in page.text
    assert "src=" not in page.text
    assert "url(" not in style.text
    assert style.headers["content-type"].startswith("text/css")


async def test_what_a_client_sends_stays_text(kkm: Kkm) -> None:
    await kkm.device(UnitName="<b>касса</b>")
    await kkm.done(a_receipt(a_line(Name="<script>alert(1)</script>")))

    page = (await kkm.http.get("/")).text

    assert "<script>" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;" in page


async def test_a_fiscal_document_has_a_page_of_its_own(kkm: Kkm) -> None:
    await kkm.done(a_receipt())

    page = await kkm.http.get("/documents/2", params={"NumDevice": 1})

    assert "КАССОВЫЙ ЧЕК" in page.text
    assert (await kkm.http.get("/documents/2")).text == page.text
    for path in ("/documents/3", "/documents/0", "/documents/2?NumDevice=2", "/documents/2?NumDevice=x"):
        assert (await kkm.http.get(path)).status_code == 404


async def test_troubles_of_a_register_are_on_the_page(kkm: Kkm) -> None:
    await kkm.device(paper=False, online=False, active=False, ofd_unsent=3, shift="expired")

    page = (await kkm.http.get("/")).text

    for words in ("нет бумаги", "нет связи", "выключена", "не передано в ОФД: 3", "смене больше 24 ч"):
        assert words in page


async def test_an_empty_emulator_says_so(kkm: Kkm) -> None:
    assert "Пока ничего не напечатано" in (await kkm.http.get("/")).text


async def test_torn_and_electronic_documents_are_marked(kkm: Kkm) -> None:
    await kkm.done(a_receipt(NotPrint=True, ClientAddress="guest@example.com"))
    await kkm.spoil("no_paper")
    await kkm.ask(a_receipt())

    page = (await kkm.http.get("/")).text

    assert "бумага кончилась" in page
    assert "электронный" in page
