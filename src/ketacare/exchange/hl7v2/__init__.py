"""HL7 version 2: results of bedside monitors, framed by MLLP."""
