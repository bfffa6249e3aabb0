"""Who is taken next: the published order in which cars wait for a bay, who is free, and which part goes to whom.

Lists for screens: columns instead of records, a fixed number of queries however many cars there are.
"""

from models.queue.floor import AtWork, BayNow, Hand, at_work, bays_now, hands
from models.queue.mine import MyClock, MyJob, jobs_of, my_clock
from models.queue.picks import Pick, pick_list
from models.queue.waiting import Later, Turn, Waiting, approved_later, dispatch_queue

__all__ = ["AtWork", "BayNow", "Hand", "Later", "MyClock", "MyJob", "Pick", "Turn", "Waiting", "approved_later",
           "at_work", "bays_now", "dispatch_queue", "hands", "jobs_of", "my_clock", "pick_list"]
