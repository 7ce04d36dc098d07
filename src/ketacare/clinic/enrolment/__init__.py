"""From the letter that asks for care to the signed plan: referrals, enrolments and plans."""
