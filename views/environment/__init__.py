"""What Clearbay is told from outside, and what its machine must offer. Free of Flask: read before the app exists.

Every setting is declared once, in `declared.py`. What cannot be run safely is refused with sentences in Chinese and
English that name the way out. `app.py` calls `read_settings`; `./clearbay` asks `python -m views.environment check`.
"""

from views.environment.reading import read_settings
from views.environment.sentences import Sentence, Unready
from views.environment.settings import DEMO_KEY, Mode, Settings
from views.environment.storage import Bucket, Storage

__all__ = ["DEMO_KEY", "Bucket", "Mode", "Sentence", "Settings", "Storage", "Unready", "read_settings"]
