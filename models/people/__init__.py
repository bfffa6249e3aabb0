"""People, their posts, and what each post may do; how they sign in, on tablets and elsewhere."""

from models.people.attendance import Attendance
from models.people.badges import Badge
from models.people.persons import Person
from models.people.portraits import Portrait
from models.people.posts import GRANTS, RIGHTS, Grade, May, Post, Role, not_permitted
from models.people.signins import How, SignIn, SignInAttempt, end_sign_ins
from models.people.startcodes import StartCode
from models.people.tablets import Enrolment, Tablet

__all__ = [
    "GRANTS", "RIGHTS", "Attendance", "Badge", "Enrolment", "Grade", "How", "May", "Person", "Portrait", "Post", "Role",
    "SignIn", "SignInAttempt", "StartCode", "Tablet", "end_sign_ins", "not_permitted",
]
