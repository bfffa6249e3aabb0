"""What there is to decide: each setting of a store with its meaning, its unit and its bounds."""

from __future__ import annotations

from models.people import Role
from models.setup.settings.kinds import Choice, Clock, File, Lines, Mail, OfPost, Setting, Whole, Words, Yuan, Zone
from models.words import Say

STORE, HOURS, RULES, PAPER, LOOKS, WATCH = "store", "hours", "rules", "paper", "looks", "watch"
LOOK = Say("What is looked at, one thing a line. It stands beside the signature of that level.")

SETTINGS: dict[str, Setting] = {setting.name: setting for setting in (
    Words("name_zh", Say("Name in Chinese"), Say("On every page and paper in Chinese."), STORE, column=True),
    Words("name_en", Say("Name in English"), Say("On every page and paper in English."), STORE, column=True),
    Words("code", Say("Code"), Say("Short and unique in the group; it tells stores apart in exports."), STORE,
          column=True, most=20),
    Words("address", Say("Address"), Say("Printed on every paper."), STORE, column=True, required=False),
    Words("phone", Say("Phone"), Say("Printed on every paper; customers call it."), STORE, column=True,
          required=False, most=40),
    Zone("timezone", Say("Time zone"), Say("Decides where one day of the store ends and the next begins."), STORE,
         column=True),
    Yuan("labour_rate", Say("Labour rate"), Say("What an hour of work costs the customer, including VAT."), STORE,
         column=True, unit=Say("an hour"), least=1_00, most=10_000_00),
    Clock("opens", Say("Opens"), Say("Bookings begin here."), HOURS, column=True),
    Clock("closes", Say("Closes"), Say("Bookings end here."), HOURS, column=True),
    Clock("lunch_from", Say("Lunch from"), Say("No hours are offered for bookings during lunch."), HOURS, column=True),
    Clock("lunch_to", Say("Lunch to"), Say("No hours are offered for bookings during lunch."), HOURS, column=True),
    Whole("prelisted_at_most", Say("Due items listed at most"),
          Say("So many due items are put on a new order by themselves, undecided and outside the total."), RULES,
          unit=Say("items"), least=0, most=10),
    Whole("followup_within_days", Say("Follow-up call within"),
          Say("So many days after delivery the call must have been made."), RULES, unit=Say("days"), least=1, most=30),
    Whole("no_show_after_minutes", Say("No-show after"),
          Say("So long after the appointment a car that did not come may be noted as such."), RULES,
          unit=Say("minutes"), least=5, most=480),
    Whole("link_days_after_delivery", Say("Customer's link ends"),
          Say("So many days after delivery the customer's page can still be opened."), RULES,
          unit=Say("days after delivery"), least=1, most=365),
    Whole("lock_after_minutes", Say("Tablets lock after"),
          Say("A tablet that nobody touched for so long asks for the PIN again; what was typed stays."), RULES,
          unit=Say("minutes"), least=1, most=60),
    Choice("telephone_consent", Say("Answers by telephone"),
           Say("Whether an advisor may take the customer's decision by telephone, with number, time, the words said "
               "and the lines read back. The weakest proof there is; the customer is told in writing what was agreed."),
           RULES, choices={"no": Say("not taken"), "yes": Say("taken, with all of that")}),
    Choice("second_factor", Say("Second factor"),
           Say("Whether managers must prove themselves twice when they sign in away from an enrolled tablet."), RULES,
           choices={"required": Say("required of managers"), "offered": Say("offered, not required")}),
    Mail("seal_mail", Say("Last seal of the day goes to"),
         Say("By mail each evening, to somebody who does not look after the server. A chain of seals that was written "
             "anew does not contain what was mailed."), RULES),
    *(OfPost(f"discount_limit_fen.{role.value}", Say("Discount up to"),
             Say("What this post may take off an order on its own."), RULES, role=role)
      for role in (Role.ADVISOR, Role.ADVISOR_LEAD, Role.SERVICE_MANAGER)),
    Words("paper_head", Say("Line under the name"),
          Say("On every paper: the company's registered name, its licence number, or both."), PAPER, required=False),
    Words("paper_foot", Say("Line at the foot"), Say("On every paper: bank account, complaints number, web address."),
          PAPER, required=False),
    File("logo", Say("Logo"), Say("Stands left of the name on every paper; black on white prints best."), PAPER),
    Lines("look_self", Say("Self-check"), LOOK, LOOKS, usual=(
        "委托书各项均已完成", "紧固件按规定力矩拧紧", "油、水、气无渗漏", "更换下的旧件已按客户意愿放好",
        "工具清点，无遗留在车内")),
    Lines("look_quality", Say("Quality check"), LOOK, LOOKS, usual=(
        "客户所说的每一句都有结果", "作业内容与照片、读数一致", "故障灯、故障码已清除", "油液液位在刻度内")),
    Lines("look_final", Say("Final inspection"), LOOK, LOOKS, usual=(
        "必要时路试，无异响、跑偏", "灯光、雨刮、喇叭正常", "车内外清洁，无新增损伤", "里程、下次保养已填写",
        "结算项目与实际作业一致")),
    Lines("finding_words", Say("Phrases for findings"),
          Say("What technicians often find, one phrase a line. On the sheet of a finding each is one tap."),
          LOOKS, usual=("脏污", "堵塞", "磨损到极限", "渗油", "老化开裂", "异响", "松动", "电量不足")),
    Lines("check_points", Say("Checked at the car"),
          Say("What is looked at besides the items of the order, one point a line: each is needed or not, by one tap."),
          LOOKS, usual=("制动片与制动盘", "轮胎花纹与气压", "蓄电池", "制动液", "冷却液", "灯光", "雨刮", "底盘渗漏",
                        "皮带")),
    Whole("watch_days", Say("Days that are watched"), Say("Up to today. Older cases are told no more."), WATCH,
          unit=Say("days"), least=7, most=90),
    Whole("watch_lines", Say("Cases at least"),
          Say("With fewer decisions, answers or findings nothing is told: it might be chance."), WATCH,
          unit=Say("cases"), least=20, most=500),
    Whole("watch_struck_percent", Say("Struck, less than"),
          Say("Of the listed items that customers decide on at reception."), WATCH, unit="%", least=1, most=50),
    Whole("watch_quick_seconds", Say("Decided in less than"),
          Say("Noted when more than half of the listed items are decided that soon after they were shown."), WATCH,
          unit=Say("seconds"), least=3, most=300),
    Whole("watch_device_percent", Say("Answers on our devices, from"),
          Say("On a tablet of the store, by telephone or on paper; the others come from the customer's own phone."),
          WATCH, unit="%", least=50, most=100),
    Whole("watch_one_percent", Say("Approvals with one advisor, from"),
          Say("Of all approvals of listed items, where others present items as well."), WATCH, unit="%", least=50,
          most=100),
    Whole("watch_needed_percent", Say("Findings that call for work, from"),
          Say("Of what one technician has written down."), WATCH, unit="%", least=50, most=100),
    Whole("watch_open_hours", Say("Left without a decision for"),
          Say("Counted from when it was put before the customer."), WATCH, unit=Say("clock hours"), least=1,
          most=168),
)}
