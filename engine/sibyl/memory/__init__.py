"""Step 7b of 9: what other files of the project, and the person, have used.

Read it in this order:

    base.py      one SQLite file of ours
    notes.py     what one file says: which members follow what, what its classes and functions are
    store.py     the notes of a project's files, counted together, in one SQLite file
    files.py     which files of a project are read
    build.py     a process of its own that keeps a store up to date, beside the host, at low priority
    classes.py   from a receiver to the class of the project it is of, bases included
    project.py   a project's store as the ranker asks it
    person.py    what the person accepted
    recall.py    both, for the ranker
    scribe.py    starts build, and says how far it is; forgets
"""
