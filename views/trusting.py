"""What one taps on each system so that it trusts the store's own authority."""

from __future__ import annotations

from models.words import Say
from views.devices import System

_APPLE = (
    Say("Open this page in Safari and tap “Install on this device”. Allow the download of the profile."),
    Say("Open Settings. At the top stands “Profile Downloaded”: tap it, then “Install”. It says “Not Verified”, for "
        "the store has made it itself: compare the fingerprint under “More Details” with the one below."),
    Say("Settings, General, About, at the very bottom “Certificate Trust Settings”: switch on the one of Clearbay. "
        "Without this step the tablet does not trust it."),
    Say("Come back to this page: the check above turns green. Then open Clearbay and add it to the Home Screen."),
)

STEPS: dict[System, tuple[Say, ...]] = {
    System.IPAD: _APPLE,
    System.IPHONE: _APPLE,
    System.ANDROID: (
        Say("The tablet needs a screen lock (PIN or pattern); without one it installs no certificate."),
        Say("Tap “Install on this device”: the file clearbay.crt is downloaded."),
        Say("Open Settings and search for “CA certificate” (mostly under Security, Encryption & credentials, Install a "
            "certificate). Choose “CA certificate”, read the warning, tap “Install anyway” and pick clearbay.crt."),
        Say("Under Trusted credentials, User, tap the one of Clearbay and compare its fingerprint with the one below."),
        Say("Use Chrome or Edge: some makers' own browsers and WeChat do not ask the system. The check above turns "
            "green."),
    ),
    System.HARMONY: (
        Say("The tablet needs a screen lock (PIN or pattern); without one it installs no certificate."),
        Say("Tap “Install on this device”: the file clearbay.crt is downloaded."),
        Say("Open Settings and search for “certificate” (mostly under Privacy & security, Advanced, or Security, More "
            "settings, Encryption & credentials). Choose to install from storage, as a CA certificate, and pick "
            "clearbay.crt."),
        Say("Look at the installed certificate and compare its fingerprint with the one below."),
        Say("Come back to this page: the check above turns green. Not every version lets its browser use such a "
            "certificate: try one tablet before you buy ten, or use a domain of your own (see the README)."),
    ),
    System.WINDOWS: (
        Say("Click “Install on this device” and open the downloaded clearbay.crt."),
        Say("“Install Certificate…”, “Local Machine” (or “Current User” without the rights), “Place all certificates "
            "in the following store”, “Browse…”: choose “Trusted Root Certification Authorities”."),
        Say("Compare the thumbprint that Windows shows with the SHA-1 below, and confirm."),
        Say("Close the browser and open this page again: the check above turns green."),
    ),
    System.MAC: (
        Say("Click “Install on this device” and open the downloaded profile; System Settings, General, Device "
            "Management shows it: install it with your password."),
        Say("Open Keychain Access, System, Certificates, the one of Clearbay: compare the fingerprint with the one "
            "below; under “Trust” choose “Always Trust”."),
        Say("Come back to this page: the check above turns green. Firefox is asked to use the system's certificates."),
    ),
    System.CHROMEOS: (
        Say("Click “Install on this device”: the file clearbay.crt is downloaded."),
        Say("In Chrome open chrome://settings/certificates, “Authorities” (or “Custom”, “Installed by you”), "
            "“Import”, pick clearbay.crt and tick “Trust this certificate for identifying websites”."),
        Say("View it and compare the SHA-256 fingerprint with the one below."),
        Say("Come back to this page: the check above turns green."),
    ),
    System.LINUX: (
        Say("Click “Install on this device”: the file clearbay.crt is downloaded."),
        Say("In Chromium open chrome://settings/certificates, “Authorities” (or “Custom”, “Installed by you”), "
            "“Import”, pick clearbay.crt and tick “Trust this certificate for identifying websites”. "
            "In Firefox: Settings, “Certificates”, “View Certificates…”, “Authorities”, “Import…”."),
        Say("View it and compare the SHA-256 fingerprint with the one below."),
        Say("Come back to this page: the check above turns green."),
    ),
}
