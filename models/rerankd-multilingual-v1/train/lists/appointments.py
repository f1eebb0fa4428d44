"""Writes short notes and the queries that look for them, with graded relevance.

A note says that something happens on a day. A query names a day, a kind of event, or both, often in other
words than the note. Day and event both right is relevant, one of the two partly, neither not at all.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

# The query of the worked example in the model card: never generated, so that its scores mean something.
WITHHELD_QUERY = "내일 회의 일정"

BOTH, EVENT_ONLY, DAY_ONLY, NEITHER = 0.95, 0.55, 0.4, 0.0


@dataclass(frozen=True)
class Phrases:
    """The words one language's notes are made of. Every row of `events` and `days` is one meaning."""

    days: list[list[str]]
    events: list[list[str]]
    topics: list[str]
    times: list[str]
    notes: list[str]
    queries: list[str]


KOREAN = Phrases(
    days=[[w] for w in "오늘 내일 모레 어제 그저께 글피 월요일 화요일 수요일 목요일 금요일 토요일 일요일 주말".split()]
    + [["이번 주", "금주"], ["다음 주", "차주"], ["지난주", "저번 주"], ["다음 달", "내달"], ["연말"]],
    events=[
        ["회의", "미팅", "회의", "미팅", "간담회", "면담"],
        ["점심", "저녁", "식사", "밥", "회식"],
        ["병원", "진료", "치과", "건강검진"],
        ["여행", "출장", "휴가"],
        ["운동", "헬스장", "요가", "수영", "달리기"],
        ["시험", "공부", "강의", "수업"],
        ["마감", "제출", "보고서", "과제"],
        ["택배", "배송", "소포"],
        ["생일", "결혼식", "돌잔치", "가족 모임"],
        ["월급", "세금", "송금", "카드값"],
        ["배포", "서버 점검", "백업", "업데이트"],
        ["영화", "공연", "전시회", "콘서트"],
        ["청소", "빨래", "장보기", "설거지"],
        ["면접", "채용", "지원서"],
        ["발표", "세미나", "워크숍", "강연"],
    ],
    topics="디자인 마케팅 예산 보안 개발팀 영업팀 고객사 신규 프로젝트 분기 주간 전체 인사 서비스 팀장님과 친구와 "
    "가족과 민수와 지영이와 본사 강남 판교 온라인 데이터 모바일 결제 검색 인프라".split(),
    times="오전 9시에|오전 10시에|오후 1시에|오후 3시에|오후 4시 30분에|저녁 7시에|아침에|점심때|밤 8시에|||".split(
        "|"
    ),
    notes=[
        "{day} {time} {topic} {event}{이} 있습니다",
        "{day} {time} {topic} {event}{이} 있다",
        "{day}에 {topic} {event} 예정",
        "{day} {topic} {event} 예정입니다",
        "{day} {time} {topic} {event}",
        "{topic} {event}{은} {day} {time}",
        "{topic} {event} {day}로 변경",
        "{day} {topic} {event} 했다",
        "{day} {topic} {event} 때문에 바빴다",
        "{day} {time} {topic} {event} 잊지 말기",
        "{day} {topic} {event} 준비하기",
        "{event}: {day} {time} {topic}",
    ],
    queries=[
        "{day} {event} 일정",
        "{day} {event}",
        "{day} {event} 언제야?",
        "{event} 일정 {day}",
        "{day}에 {event} 있어?",
        "{event} 몇 시",
        "{day} {event} 알려줘",
        "{day} 일정",
        "{day}에 뭐 하지",
        "{event} 일정",
        "{event} 언제",
        "{event} 관련 메모",
    ],
)

ENGLISH = Phrases(
    days=[
        [w] for w in "today tomorrow yesterday tonight Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
    ]
    + [["this week"], ["next week"], ["last week"], ["next month"], ["this weekend", "the weekend"]],
    events=[
        ["meeting", "call", "sync", "stand-up"],
        ["lunch", "dinner", "meal", "brunch"],
        ["doctor appointment", "dentist", "check-up", "hospital visit"],
        ["trip", "flight", "travel", "vacation"],
        ["workout", "gym", "yoga class", "run"],
        ["exam", "class", "lecture", "homework"],
        ["deadline", "submission", "report due"],
        ["delivery", "package", "parcel"],
        ["birthday", "wedding", "anniversary"],
        ["rent payment", "tax", "bill", "invoice"],
        ["deployment", "release", "server maintenance", "rollout"],
        ["movie", "concert", "show"],
        ["interview", "hiring panel", "candidate screen"],
    ],
    topics="design marketing budget security sales customer team project quarterly weekly family school data mobile "
    "payment search platform Anna's Tom's".split(),
    times="at 9am|at 10:30|at 2 pm|in the afternoon|at noon|in the evening|||".split("|"),
    notes=[
        "There is a {topic} {event} {day} {time}",
        "{topic} {event} {day} {time}",
        "{day}: {topic} {event} {time}",
        "Moved the {topic} {event} to {day}",
        "Had a {topic} {event} {day}",
        "Remember the {topic} {event} {day} {time}",
        "Prepare for the {topic} {event} {day}",
    ],
    queries=[
        "{event} {day}",
        "{day} {event} schedule",
        "when is the {event}",
        "what is planned {day}",
        "do I have a {event} {day}?",
        "{event} notes",
    ],
)

JAPANESE = Phrases(
    days=[
        [w]
        for w in (
            "今日 明日 昨日 明後日 月曜日 火曜日 水曜日 木曜日 金曜日 土曜日 日曜日 今週 来週 先週 来月 週末"
        ).split()
    ],
    events=[
        ["会議", "ミーティング", "打ち合わせ"],
        ["昼食", "ランチ", "夕食", "食事", "ご飯"],
        ["病院", "診察", "歯医者", "健康診断"],
        ["旅行", "出張", "休暇"],
        ["運動", "ジム", "ヨガ", "ランニング"],
        ["試験", "授業", "講義", "宿題"],
        ["締め切り", "提出", "報告書"],
        ["荷物", "宅配便", "配達"],
        ["誕生日", "結婚式", "家族の集まり"],
        ["給料", "税金", "振り込み"],
        ["リリース", "デプロイ", "サーバー点検"],
        ["映画", "コンサート", "展覧会"],
        ["面接", "採用"],
    ],
    topics="デザインの 営業の 予算の 開発チームの 顧客との 新規プロジェクトの 四半期の "
    "週次の 友達との 家族との 本社の データの".split(),
    times="午前9時に|午後2時に|午後3時半から|夕方に|朝に|||".split("|"),
    notes=[
        "{day}{time}{topic}{event}があります",
        "{day}は{topic}{event}の予定",
        "{day}、{time}{topic}{event}",
        "{topic}{event}は{day}に変更",
        "{day}は{topic}{event}だった",
        "{day}の{topic}{event}を忘れないこと",
    ],
    queries=[
        "{day}の{event}の予定",
        "{day} {event}",
        "{event}はいつ?",
        "{day}の予定",
        "{day}に{event}はある?",
        "{event} メモ",
    ],
)

CHINESE = Phrases(
    days=[[w] for w in "今天 明天 昨天 后天 下周 上周 下个月 周末".split()]
    + [["周一", "星期一"], ["周二", "星期二"], ["周三", "星期三"], ["周四", "星期四"], ["周五", "星期五"]]
    + [["周六", "星期六"], ["周日", "星期天"], ["本周", "这周"]],
    events=[
        ["会议", "开会", "例会", "碰头会"],
        ["午饭", "午餐", "晚饭", "聚餐", "吃饭"],
        ["医院", "看病", "牙医", "体检"],
        ["旅行", "出差", "休假"],
        ["运动", "健身", "瑜伽", "跑步"],
        ["考试", "上课", "讲座", "作业"],
        ["截止", "提交", "报告"],
        ["快递", "包裹", "送货"],
        ["生日", "婚礼", "家庭聚会"],
        ["工资", "交税", "转账", "账单"],
        ["发布", "部署", "服务器维护"],
        ["电影", "演唱会", "展览"],
        ["面试", "招聘"],
    ],
    topics="设计 市场 预算 安全 销售 客户 项目 季度 团队 和朋友 和家人 总部 数据 支付 新产品".split(),
    times="上午九点|下午两点|下午3点半|晚上七点|早上|||".split("|"),
    notes=[
        "{day}{time}有{topic}{event}",
        "{day}{topic}{event}安排",
        "{topic}{event}改到{day}{time}",
        "{day}{time}{topic}{event}",
        "{day}{topic}{event}很顺利",
        "别忘了{day}的{topic}{event}",
    ],
    queries=[
        "{day}{event}安排",
        "{day} {event}",
        "{event}什么时候",
        "{day}有什么安排",
        "{day}有{event}吗",
        "{event}记录",
    ],
)

PHRASES = {"ko": KOREAN, "en": ENGLISH, "ja": JAPANESE, "zh": CHINESE}


@dataclass(frozen=True)
class NoteList:
    query: str
    notes: list[str]
    labels: list[float]


def _fill(template: str, day: str, event: str, topic: str, time: str) -> str:
    final = (ord(event[-1]) - 0xAC00) % 28 > 0
    text = template.replace("{이}", "이" if final else "가").replace("{은}", "은" if final else "는")
    text = text.format(day=day, event=event, topic=topic, time=time)
    return " ".join(text.split())


def note_lists(lang: str, count: int, rng: random.Random, size: int = 7) -> list[NoteList]:
    """`count` lists of one query and `size` notes: the first matches it best, the rest to some degree."""
    phrases = PHRASES[lang]
    lists = []
    while len(lists) < count:
        template = rng.choice(phrases.queries)
        day, event = rng.randrange(len(phrases.days)), rng.randrange(len(phrases.events))
        query = _fill(template, rng.choice(phrases.days[day]), rng.choice(phrases.events[event]), "", "")
        if query == WITHHELD_QUERY:
            continue
        asks_day, asks_event = "{day}" in template, "{event}" in template
        notes, labels = [], []
        for i in range(size):
            same_day = i == 0 or rng.random() < 0.25
            same_event = i == 0 or rng.random() < 0.3
            d = day if same_day else rng.randrange(len(phrases.days))
            e = event if same_event else rng.randrange(len(phrases.events))
            note = _fill(
                rng.choice(phrases.notes),
                rng.choice(phrases.days[d]),
                rng.choice(phrases.events[e]),
                rng.choice(phrases.topics) if rng.random() < 0.7 else "",
                rng.choice(phrases.times),
            )
            day_right, event_right = not asks_day or d == day, not asks_event or e == event
            if day_right and event_right:
                label = BOTH
            elif asks_event and event_right:
                label = EVENT_ONLY
            elif asks_day and day_right:
                label = DAY_ONLY
            else:
                label = NEITHER
            notes.append(note)
            labels.append(label)
        lists.append(NoteList(query, notes, labels))
    return lists
