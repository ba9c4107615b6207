"""The pages under ``/admin``. Each reads a form and shows a page; what is done is ``administration``'s."""
