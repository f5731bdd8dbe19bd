"""Mappings made at random, held against the documentation: check, test and run must judge them alike.

A case is two schemas and a mapping over them, made from one number. `oracle` says what docs/language.md says of a
record; `judge` compares that with the engine by its public ways in. Where `etl check --strict` is clean, no record
that a schema accepts is rejected for the mapping's fault, `etl test` holds, and a round trip loses only what a `lossy:`
says. Where it complains, `witnesses` look for a record that shows why.

A new word of a rule is one module in `words`, with how it is made, what it does by the documentation, and what its
table holds, and its lines in `words/every.py`. A codec or an option of one is a function in `words/dates.py`,
`words/texts.py` or `words/codecs.py` and its line there; an expression is a line of `words/forms.py`; a word of a
schema is made in `builder`, and its edges are tried in `records`; a code of a finding is a line of
`witnesses/every.py`.

`as` of the outside (`words/column.py`, drawn in `words/columns.py`) is part of how every rule reads and writes a field:
`Spec` has it, so that no rule knows of it.

Rules for what stands at one path of either side are `Nested`: for the elements of a list (`words/each.py`), or for one
object (`words/group.py`). Tables that name members or words of one field know of each other by `words/shared.py`.

Where rules look at what was there last, `overs` judges what is written over that. What `written` says of fields
(`words/entries.py`, drawn in `words/sent.py`) is judged by `sending`: what is sent of each record, also as a row
(`words/rows.py`), and whether a schema of what is sent (`sent_schema`) takes it.

Some cases stand in two files, of which one extends the other (`split`); `splits` holds what is found there against what
is found in one file.

Where `as` of the outside says `true` for a `maxLength`, all texts of its schema are equally long.

Not drawn yet are texts of several lengths beside such a `true`; `readOnly` and `writeOnly` in a schema of what is sent;
`null` under `written` for a field of a table of which the schema does not list all values; lists beside tables on the
members of one field, and several such tables in a form; `written` beside groups; `send`, several files, and lines in a
file.

    python -m tests.generated --mappings 20000 --seed 1 --workers 2 --report disagreements.md
    python -m tests.generated --replay 10001254
"""
