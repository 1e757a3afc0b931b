#!/bin/sh
# An agent that speaks JSON lines, in shell: it does nothing, whatever it is shown.
#
#     commonweal eval --exec "sh docs/examples/agents/resting.sh" --scenario switch_and_successor
#
# Every `obs` has its `id` in the same place: "id":N, so the shell's own means are enough to find it.
while IFS= read -r line; do
    case $line in
    *'"type":"hello"'*) echo '{"type":"ready","want":["own"]}' ;;
    *'"type":"obs"'*)
        id=${line#*\"id\":}
        echo "{\"id\":${id%%,*},\"action\":0}"
        ;;
    *'"type":"bye"'*) exit 0 ;;
    esac
done
