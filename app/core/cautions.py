"""What a question asks of a picture that Claude is known to do badly, or refuses: told by its words.

The guide's limitations (its section "Limitations"). A word that is missed costs a hint, one too many annoys: so the
patterns ask for whole phrases. They know the languages of our tests and some more.
"""

from __future__ import annotations

import re
from typing import Final, Literal, get_args

Caution = Literal["person", "count", "place", "medical", "made"]
"""Who somebody is; how many there are; where exactly something is; what a scan means; whether a picture is genuine."""

CAUTIONS: Final[tuple[Caution, ...]] = get_args(Caution)
_READ: Final = 4_000
"""Characters of a question that are looked at, from its beginning."""

_SOMEBODY: Final = "person|man|woman|guy|girl|boy|people|men|women|actor|actress|singer|player|politician|face"

_PATTERNS: Final[dict[Caution, tuple[str, ...]]] = {
    "person": (
        rf"\bwho(?:'s| is| are| was| were)\s+(?:this|that|these|those|he|she|they|in th(?:e|is)|the (?:{_SOMEBODY}))\b",
        rf"\b(?:name|identify|recogni[sz]e)\s+(?:of )?(?:this|that|the|these|those)\s+(?:\w+\s)?(?:{_SOMEBODY})\b",
        r"\bwer (?:ist|sind|war) (?:das|dies\w*|der|die|er|sie|auf)\b|\bwie heißt (?:dies\w*|der|die|er|sie)\b",
        r"\bqui (?:est|sont)(?:-ce|-il|-elle| ces?| cet| cette| sur| l)|\bcomment s.appelle",
        r"\bqui[eé]n(?:es)? (?:es|son)\b",
        r"\bкто (?:это|этот|эта|эти|на|изображ)",
        r"是谁|是誰|誰(?:です|だ|でしょ|か)|누구(?:야|입니까|인가요|예요|죠)",
    ),
    "count": (
        r"\bhow many\b|\bcount (?:the|all|how|every|these|those)\b",
        r"\bwie ?viele\b|\bzähle?\b",
        r"\bcombien d|\bcompte[rz]? (?:les|tou)",
        r"\bcu[aá]nt[oa]s\b",
        r"\bсколько\b|\bсосчитай|\bпосчитай",
        r"多少[个個只隻人条條张張辆輛]|[几幾][个個只隻人条條张張辆輛]|[数數]一[数數]",
        r"いくつ|何[個人匹枚本台羽]|数えて|몇 ?(?:개|명|마리)",
    ),
    "place": (
        r"\b(?:exact|precise)(?:ly)? (?:position|location|coordinates|place)|\bcoordinates of\b|\bbounding box",
        r"\banalog(?:ue)? clock|\bwhat time (?:is it|does|do)\b|\bchess (?:board|position|pieces?)|\bchessboard",
        r"\bwie ?viel uhr\b|\bschachbrett|\bgenaue? (?:position|stelle|koordinaten)",
        r"\bquelle heure|\béchiquier|\bcoordonnées|\bqu[eé] hora\b|\btablero de ajedrez",
        r"\bкоторый час|\bкоординаты\b|\bшахматн|几点|幾點|棋盘|棋盤|坐标|座標|何時です|将棋|チェス盤",
    ),
    "medical": (
        r"\bx-?rays?\b|\bmri\b|\bct[- ](?:scan|image)s?\b|\bultrasound\b|\bmammogra\w+|\bradiolog\w+|\becg\b|\bekg\b",
        r"\bdiagnos\w+|\btumou?rs?\b|\bröntgen\w*|\bmrt\b|\bultraschall\w*",
        r"\bradiographi\w+|\birm\b|\béchographi\w+|\bradiograf[ií]a\w*|\becograf[ií]a\w*|\btomograf[ií]a\w*",
        r"\bрентген\w*|\bмрт\b|\bтомограф\w*|\bузи\b|\bдиагноз\w*",
        r"[xX]光|[cC][tT]片|核磁|磁共振|超[声聲]波|诊断|診斷|レントゲン|診断|엑스레이|초음파",
    ),
    "made": (
        r"\bai[- ](?:generated|made|created)|\b(?:made|generated|created|drawn) (?:by|with) (?:an? )?ai\b|\bdeep ?fake",
        r"\bis (?:this|it|that)(?: \w+)? (?:real|fake|genuine|authentic|photoshopped)\b|\breal or (?:fake|ai)\b",
        r"\bki[- ]?(?:generiert|erzeugt|bild)|\b(?:bild|foto) (?:echt|gefälscht|manipuliert)",
        r"\bgénérée?s? par (?:une |l.)?ia\b|\bvraie? ou fau|\btruquée?|\bgenerad[ao]s? (?:por|con) (?:una |la )?ia\b",
        r"\bсгенерир\w+|\bнейросет\w+|\bдипфейк",
        r"ai ?生成|人工智能生成|生成ai|深度伪造|是真的还是假|フェイク|本物ですか|딥페이크",
    ),
}
_COMPILED: Final = {caution: re.compile("|".join(parts), re.IGNORECASE) for caution, parts in _PATTERNS.items()}


def cautions(text: str) -> tuple[Caution, ...]:
    """What there is to know before this is asked about a picture."""
    beginning = text[:_READ]
    return tuple(caution for caution in CAUTIONS if _COMPILED[caution].search(beginning))
