from tests.ui.test_layout_bombs import *
@pytest.mark.parametrize("n", ["a picture of a million pixels", "HTML tables in each other", "the beginning of Unicode"])
def test_dbg(chat, transcript, n):
    text=BOMBS[n]()
    chat.messages.reset([transcripts.question(), transcripts.reply("")])
    stream(chat, transcript, text)
    look_through(transcript)
    t=time.perf_counter()
    while time.perf_counter()-t<2: QApplication.processEvents()
    s=shown(transcript)
    lost=written(text[:READ])-letters(s)
    print(n, len(text), len(s), len(transcript.rows_of(1)), "lost", lost.most_common(5), repr(s[:80]), repr(s[-80:]), transcript._frames._timer.isActive())
