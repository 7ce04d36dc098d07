"""Questionnaires: asked at their time, answered by link or in person, scored, and watched for safety answers."""
