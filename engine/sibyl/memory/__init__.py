"""What other files of the project, and the person, have used.

In: the project's files and accepted items; a place in the text.
Out: for a place, the names used there before, from SQLite files of the state folder.
Imports: code, context.
"""
