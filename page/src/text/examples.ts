/** An example query with candidates. */
export interface Example {
  /** The language's own name. */
  readonly name: string;
  /** Its tag, as HTML's `lang` has it. */
  readonly tag: string;
  readonly query: string;
  readonly candidates: readonly string[];
}

/** One example for each of five languages; the best candidates do not stand first. */
export const examples: readonly Example[] = [
  {
    name: "한국어",
    tag: "ko",
    query: "내일 회의 일정",
    candidates: [
      "오늘 점심은 김치찌개를 먹었다",
      "금요일에 아키텍처 리뷰 회의 예정",
      "회의실 프린터의 토너를 새로 주문했다",
      "지난주 회의록을 위키에 올려 두었다",
      "내일은 비가 온다고 하니 우산을 챙기자",
      "내일 오후 2시에 품질 미팅이 있습니다",
      "팀 일정 공유 방법을 정리한 문서",
      "주말에 등산을 가기로 했다",
    ],
  },
  {
    name: "English",
    tag: "en",
    query: "When does the museum open on Sundays?",
    candidates: [
      "The museum shop sells posters and postcards.",
      "Sunday’s concert was cancelled because of the storm.",
      "Please open the window when the room gets warm.",
      "The museum’s opening hours are 9:00 to 18:00, on Sundays 10:00 to 17:00.",
      "The bakery next door is closed on Sundays.",
      "The museum was founded in 1874 by a collector of clocks.",
      "On Sundays the doors open at ten and close at five.",
      "When the museum moves, its library opens first.",
    ],
  },
  {
    name: "日本語",
    tag: "ja",
    query: "洗濯物を早く乾かす方法",
    candidates: [
      "洗濯機の歴史は十八世紀にさかのぼる。",
      "梅雨の時期は傘を持ち歩くとよい。",
      "部屋干しでは、扇風機の風を下から当てると乾く時間が半分になる。",
      "新しい洗剤が来月発売される。",
      "厚手の服は裏返し、ハンガーの間を十センチ以上あけると早く乾く。",
      "乾いた土には水をたっぷりやる。",
      "乾燥機に乾いたタオルを一枚入れると、濡れた服の水分を吸ってくれる。",
    ],
  },
  {
    name: "Español",
    tag: "es",
    query: "cómo cuidar una planta que pierde las hojas",
    candidates: [
      "La planta de la fábrica cerró el lunes por mantenimiento.",
      "Las hojas del cuaderno se pueden arrancar sin dañar la tapa.",
      "Si las hojas amarillean y caen, deje secar la tierra antes de volver a regar.",
      "El otoño es la estación preferida de los fotógrafos.",
      "Aleje la maceta de los radiadores y de las corrientes de aire: el cambio brusco hace caer las hojas.",
      "Un ficus recién trasladado suele perder hojas unas semanas y se recupera con luz constante.",
      "La pérdida de datos se evita con copias de seguridad.",
    ],
  },
  {
    name: "العربية",
    tag: "ar",
    query: "كيف أحافظ على بطارية الهاتف؟",
    candidates: [
      "اشتريت حافظة جديدة للهاتف باللون الأزرق.",
      "بطارية السيارة تحتاج إلى فحص كل سنة.",
      "خفّض سطوع الشاشة وأغلق التطبيقات التي تعمل في الخلفية لتدوم الشحنة أطول.",
      "رقم هاتف المطعم مكتوب على الباب.",
      "أبقِ الشحن بين عشرين وثمانين بالمئة، وتجنّب ترك الهاتف في الحر.",
      "المحافظة على المواعيد من حسن الخلق.",
      "الشحن السريع كل يوم يقلل عمر البطارية مع الوقت.",
    ],
  },
];
