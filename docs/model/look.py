import cache
from collection import World, do, wait, explore, report, w0, has, push, tagged, live, pushdone
# How long a push that was answered 201 cannot be pulled: beside a renaming with and without a last look (1), and beside a collection with and
# without a second mark at the end of a run, which only restores (2). SAFE: never at that moment.

# 1. without a cache
def renaming():
    for name, steps in (('none', ['mv']), ('at the end', ['mv', 'look']), ('at the end and after the delay', ['mv', 'look', 'delay', 'look'])):
        def noting():
            yield from cache.regtop(['mv'])()
            yield do('note the tag', lambda w: w.x.__setitem__('seen', int(bool(w.get('r', 'tag2')))))
            yield from cache.regtop(steps[1:])()
        def early(w, rets, st): return cache.final(w, rets, st) if w.x.get('seen') else None
        w = cache.w0(warm=False); w.x['cached'] = 0
        report(f'last look {name}: tags that were there', explore(w, [cache.push, noting], early), show=False)
        report(f'last look {name}: all tags', explore(w, [cache.push, noting], cache.final), show=False)

# 2. run: mark, quarantine, (second mark, restore); a day later: mark, free or restore
def run(restoring, authorises=False):
    def g():
        x = yield do('identifier', lambda w: w.get('B', 'data'))
        m = yield do('mark', lambda w: tuple(sorted(live(w))))
        if 'B' in m or not x: return 'nothing'
        yield do('hold', lambda w: w.setk('T', 'B', x))
        if (yield do('take', lambda w: w.cas_rm('B', 'data', x))): yield do('undo', lambda w: w.cas_rm('T', 'B', x)); return 'nothing'
        held = True
        def restore():
            yield do('claim to restore', lambda w: w.cas_mv('T', 'B', x, 'restoring.B'))
            r = yield do('restore', lambda w: w.set_absent('B', 'data', x)); yield do('forget', lambda w: w.rmk('T', 'restoring.B'))
            if r == 'EEXIST': yield do('free the double', lambda w: w.data.pop(x, None))
        if restoring:
            def second(w): w.x['seen'] = int(tagged(w)); return 'B' in live(w)
            if (yield do('second mark', second)): yield from restore(); held = False
        yield do('run ends', lambda w: w.x.__setitem__('ended', 1))
        yield wait('a day', pushdone(0))
        if not held: return 'done'
        needed = False if authorises else (yield do('mark of the next run', lambda w: 'B' in live(w)))
        if needed: yield from restore()
        else:
            yield do('claim to free', lambda w: w.cas_mv('T', 'B', x, 'freeing.B')); yield do('free', lambda w: w.data.pop(x, None))
            yield do('forget', lambda w: w.rmk('T', 'freeing.B'))
        yield do('next run ends', lambda w: w.x.__setitem__('ended', 2))
        return 'done'
    return g

def collecting():
    def lost(w, rets, st):
        if '201' in rets and not has(w): return 'LOST: the blob of an answered push is gone'
    def away(which):
        def f(w, rets, st):
            if w.x.get('ended') == 1 and '201' in rets and not has(w) and which(w): return 'an answered push cannot be pulled until the next run'
        return f
    for r in (False, True):
        n = 'with' if r else 'without'
        procs = [push(head=True), run(r)]
        report(f'gc {n} a restoring mark: for ever', explore(w0(True), procs, lost), show=False)
        if r: report('gc with a restoring mark: tags before it, until the next run', explore(w0(True), procs, lost, always=away(lambda w: w.x.get('seen'))))
        report(f'gc {n} a restoring mark: all tags, until the next run', explore(w0(True), procs, lost, always=away(lambda w: True)))
    report('gc that frees by its restoring mark', explore(w0(True), [push(head=True), run(True, authorises=True)], lost))

if __name__ == '__main__':
    renaming()
    collecting()
