import time
from typing import Any
from PySide6.QtCore import QCoreApplication, QEvent
from app.core.message import ImageBlock, Message, ReplyBlock, Usage
from PySide6.QtWidgets import QApplication
from app.conversation.chat import Chat
from app.ui.transcript.view import Transcript
MODEL = "claude-sonnet-5-5"
OPUS = "4,784 tok · $0.0299"
USAGE = Usage.from_json({"input_tokens": 4, "cache_creation_input_tokens": 7508, "output_tokens": 214})
PICTURE = ImageBlock(
    number=1,
    name="q4-dashboard.png",
    sent="b" * 64,
    media_type="image/png",
    width=2576,
    height=1449,
    sent_bytes=1000,
    tokens=4784,
    original="a" * 64,
    original_width=3840,
    original_height=2160,
    original_bytes=2000,
    original_format="PNG",
)


def gone(chat: Chat) -> None:
    """Let go of a chat before its timers fire without a loop."""
    chat.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def asked(text: str = "What is it?", *images: ImageBlock) -> Message:
    return Message.from_user(text, images, id=f"u{time.monotonic_ns()}", created=time.time())


def answered(text: str = "A chart.", **facts: Any) -> Message:
    usual: dict[str, Any] = {
        "state": "complete",
        "model": MODEL,
        "server": "api.anthropic.com",
        "stop_reason": "end_turn",
        "usage": USAGE,
        "estimate": "0.0207",
        "cost": "0.020914",
        "created": time.time(),
    }
    content = (ReplyBlock({"type": "text", "text": text}),) if text else ()
    return Message("assistant", content, id=f"a{time.monotonic_ns()}", **usual | facts)



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

def test_stream(qtbot, theme, gallery, tools):
    from dataclasses import replace
    chat = Chat.new(MODEL, tools)
    t = Transcript(theme, gallery, tools); qtbot.addWidget(t)
    t.resize(1100, 900); t.set_chat(chat); t.show(); qtbot.waitExposed(t)
    qtbot.wait(1200)
    ms=[asked("How?"), answered(TEXT), asked("again")]
    chat.messages.reset(ms)
    big = TEXT*8
    m = answered("", state="streaming", usage=None)
    chat.messages.append(m)
    costs=[]
    import cProfile, pstats
    pr=cProfile.Profile()
    for size in (15000, 60000, 240000):
        text=(TEXT*700)[:size]
        m2 = replace(m, content=(ReplyBlock({"type":"text","text":text}),))
        chat.messages.replace_last(m2)
        def done(): 
            QApplication.processEvents()
            turn=t._items.turn(3); return turn._text.behind(turn._shown)==0 and not t._frames._timer.isActive()
        t0=time.perf_counter(); qtbot.waitUntil(done, timeout=20000); print(size,"caught up", time.perf_counter()-t0)
        cost=[]
        if size==240000: t._items.turn(3).show_all(); chat.messages.replace_last(replace(m2)); qtbot.waitUntil(done, timeout=20000)
        for k in range(60):
            text += "word%d %s " % (k, "\n\n" if k%12==11 else "")
            chat.messages.replace_last(replace(m, content=(ReplyBlock({"type":"text","text":text}),)))
            t._frames.cancel()
            a=time.process_time()
            if size==60000: pr.enable()
            t._frames._run(); QApplication.processEvents()
            if size==60000: pr.disable()
            cost.append((time.process_time()-a)*1e3)
        cost.sort(); print(size, "update median %.2f p90 %.2f" % (cost[30], cost[54]))
    t.grab().save("/tmp/v/b5/stream.png")
    pstats.Stats(pr).sort_stats("cumulative").print_stats(40)
    gone(chat)

def test_open_profile(qtbot, theme, gallery, tools):
    import cProfile, pstats
    chat = Chat.new(MODEL, tools)
    t = Transcript(theme, gallery, tools); qtbot.addWidget(t)
    t.resize(1100, 900); t.set_chat(chat); t.show(); qtbot.waitExposed(t)
    for n in (1000,10000):
        ms=[]
        for i in range(n//2): ms += [asked("How do these differ? %d" % i), answered(TEXT)]
        chat.messages.reset(ms); qtbot.wait(1500)
        xs=[]
        for k in range(12):
            chat.messages.reset([]); QApplication.processEvents()
            a=time.process_time(); chat.messages.reset(ms); QApplication.processEvents(); xs.append((time.process_time()-a)*1e3)
        print(n, "cpu min %.1f median %.1f" % (min(xs), sorted(xs)[6]))
    chat.messages.reset([]); QApplication.processEvents()
    pr=cProfile.Profile(); pr.enable(); chat.messages.reset(ms); QApplication.processEvents(); pr.disable()
    pstats.Stats(pr).sort_stats("tottime").print_stats(22)
    gone(chat)

def test_renew(qtbot, theme, gallery, tools, preferences):
    chat = Chat.new(MODEL, tools)
    t = Transcript(theme, gallery, tools); qtbot.addWidget(t)
    t.resize(1100, 900); t.set_chat(chat); t.show(); qtbot.waitExposed(t)
    chat.messages.reset([asked("hi"), answered(TEXT)]*3)
    qtbot.wait(100)
    t.setFocus()
    for i in range(60): t.focusNextPrevChild(True); 
    preferences.update(theme="dark", text_size=150)
    qtbot.wait(200); t.grab().save("/tmp/v/b5/renew.png")
    preferences.update(theme="light", text_size=80)
    qtbot.wait(200)
    gone(chat)
