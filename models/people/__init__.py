"""People, their posts, and what each post may do; how they sign in, on tablets and elsewhere."""

from models.people.attendance import Attendance
from models.people.persons import Person
from models.people.posts import GRANTS, RIGHTS, Grade, May, Post, Role, not_permitted
from models.people.signins import SignIn, SignInAttempt

__all__ = [
    "GRANTS", "RIGHTS", "Attendance", "Grade", "May", "Person", "Post", "Role", "SignIn", "SignInAttempt",
    "not_permitted",
]
