import sys, types, time
try:
    import app.core.tables
except ImportError:
    m=types.ModuleType("app.core.tables")
    m.weights=lambda t: tuple(max(len(c) for c in col) for col in zip(*[r.strip().strip("|").split("|") for r in t.splitlines()]))
    m.cells=lambda t: ([],[],[]); m.to_tsv=m.to_csv=m.plain_cell=lambda *a: ""
    m.Cells=list; m.Alignment=str
    sys.modules["app.core.tables"]=m
from PySide6.QtWidgets import QApplication
from app.conversation.chat import Chat
from app.ui.transcript.view import Transcript
from tests.ui.test_transcript import asked, answered, PICTURE, MODEL, gone
TEXT="""## Refunds first

Both pictures show the same layout. Revenue rises in Image 1, yet the **refund rate** is 6 times that of `Image 1`:

| Figure | Q3 | Q4 |
| --- | --- | --- |
| Revenue | $265k | $277k |
| Refunds | 1.1 % | 6.4 % |

The weekly bars dip twice.

```python
def f(x):
    return x + 1
```

- one
- two

Done: $x^2 + 1$ is maths.
"""
def test_it(qtbot, theme, gallery, tools):
    chat = Chat.new(MODEL, tools)
    t = Transcript(theme, gallery, tools); qtbot.addWidget(t)
    t.resize(900, 700); t.set_chat(chat); t.show(); qtbot.waitExposed(t)
    ms=[]
    for i in range(3): ms += [asked("How do these differ?", PICTURE), answered(TEXT)]
    t0=time.perf_counter(); chat.messages.reset(ms); print("reset", time.perf_counter()-t0)
    QApplication.processEvents()
    t.grab().save("/tmp/v/b5/try1.png")
    t.scroll_by(-500); QApplication.processEvents(); t.grab().save("/tmp/v/b5/try2.png")
    qtbot.wait(300)
    gone(chat)

def test_speed(qtbot, theme, gallery, tools):
    import cProfile, pstats
    chat = Chat.new(MODEL, tools)
    t = Transcript(theme, gallery, tools); qtbot.addWidget(t)
    t.resize(1100, 900); t.set_chat(chat); t.show(); qtbot.waitExposed(t)
    qtbot.wait(1500)
    for n in (1000, 10000):
        ms=[]
        for i in range(n//2): ms += [asked("How do these differ? %d" % i), answered(TEXT)]
        best=9
        for k in range(4):
            chat.messages.reset([])
            QApplication.processEvents()
            t0=time.perf_counter(); chat.messages.reset(ms); a=time.perf_counter()-t0
            QApplication.processEvents(); b=time.perf_counter()-t0
            print(n, "reset %.1f ms painted %.1f" % (a*1e3, b*1e3))
        pr=cProfile.Profile(); chat.messages.reset([]); QApplication.processEvents(); pr.enable(); chat.messages.reset(ms); QApplication.processEvents(); pr.disable()
        if n==10000: pstats.Stats(pr).sort_stats("cumulative").print_stats(45)
    ts=[]
    for k in range(100):
        t0=time.perf_counter(); t.scroll_by(-72); QApplication.processEvents(); ts.append((time.perf_counter()-t0)*1e3)
    ts.sort(); print("wheel median %.1f p99 %.1f max %.1f" % (ts[50], ts[98], ts[99]))
    gone(chat)
