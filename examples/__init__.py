"""Programs that show Lingpai at work: a photo service, an application that prints its photos, and a demo of both."""
