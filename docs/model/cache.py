from engine import *
# A repository r moves to s (or to the trash: the same with another name), beside a push of the tag r:2 that shares the layer of r:1, by a
# registry whose cache knows that the layer is linked in r.
# Objects: r, s = the links of a repository, keys layer, revision, tag1, tag2 -> identifier; the content of all links is the manifest m, but for
# layer, so that only the places matter. The blobs stay. x['warm'] = the cache knows "the layer is linked in r".
# Process 0: the push. 1: regtop and its operator. 2: anybody else who asks for the layer (a HEAD of another client).
LINKS = ('layer', 'revision', 'tag1')

def w0(warm=True):
    w = World()
    for k in LINKS: w.setk('r', k, 'X' + k)
    if warm: w.x['warm'] = 1
    return w

def known(w):                       # Stat of a layer: the repository's map, then its link; what is found is remembered
    if w.x.get('warm'): return True
    if w.get('r', 'layer'): w.x['warm'] = w.x.get('cached', 1); return True
    return False

class Cut(Exception): pass          # the registry was stopped under a push

def op(name, e, f):                 # an operation of a push that began before the e-th stop
    r = yield do(name, lambda w: f(w) if w.x.get('stops', 0) == e and not w.x.get('stopped') else 'cut')
    if r == 'cut': raise Cut
    return r

def put(k, e):                      # PutContent: reads the identifier, then writes into it, wherever it is by then; or a new key
    x = yield from op('read ' + k, e, lambda w: w.get('r', k))
    if not x: yield from op('link ' + k, e, lambda w: w.setk('r', k, 'Y' + k))

def push():
    try:
        e = yield do('begin', lambda w: w.x.get('stops', 0))
        if not (yield from op('HEAD', e, known)):
            yield from op('upload', e, lambda w: 0)
            yield from put('layer', e)
            yield from op('learn', e, lambda w: w.x.__setitem__('warm', w.x.get('cached', 1)))
        if not (yield from op('verify', e, known)): return 'refused'
        for k in ('revision', 'revision', 'tag2'): yield from put(k, e)     # it writes the first link twice
        return '201'
    except Cut: return 'cut'

def client():
    yield do('HEAD by another client', lambda w: None if w.x.get('stopped') else known(w))

# -- regtop

def move(keep=False):               # all links appear, then leave in the opposite order
    ks = [k for k in LINKS] + ['tag2']
    planned = yield do('plan', lambda w: tuple((k, w.get('r', k)) for k in ks if w.get('r', k)))
    for k, x in planned: yield do('copy ' + k, lambda w: w.set_absent('s', k, x))
    for k, x in reversed(planned):
        if keep and k == 'layer': continue
        if (yield do('leave ' + k, lambda w: w.cas_rm('r', k, x))): yield do('undo ' + k, lambda w: w.cas_rm('s', k, x))

def look(layers=True):              # links only, and only where the other name has what they need
    tags = yield do('look at tags', lambda w: w.get('r', 'tag2') or w.get('r', 'tag1'))
    if tags:
        there = yield do('look at the revision', lambda w: bool(w.get('r', 'revision')) or not w.get('s', 'revision'))
        if not there:
            if layers: yield do('complete layer', lambda w: w.set_absent('r', 'layer', 'Zlayer'))
            yield do('complete revision', lambda w: w.set_absent('r', 'revision', 'Zrevision'))
    if layers and (yield do('look at the manifest', lambda w: bool(w.get('r', 'revision')) and not w.get('r', 'layer'))):
        yield do('complete layer', lambda w: w.set_absent('r', 'layer', 'Zlayer'))
    # the tag may have been written into its link after that had left: then its manifest may be at r only
    if (yield do('look at s', lambda w: bool(w.get('s', 'tag2') and not w.get('s', 'revision') and w.get('r', 'revision')))):
        yield do('complete s', lambda w: w.set_absent('s', 'revision', 'Zs'))

def idle(st, r): return st[0] in ('end', 'run')         # no push is under way: longer than any push has gone by

def flush(w): w.x['warm'] = 0
def stop(w): flush(w); w.x['stopped'] = 1; w.x['stops'] = w.x.get('stops', 0) + 1     # every registry: what is under way is cut off
def start(w): w.x['stopped'] = 0
def forgotten(w): return not w.get('r', 'revision')         # no manifest at r needs a layer

def regtop(steps):
    def g():
        for s in steps:
            if s == 'mv': yield from move()
            elif s == 'mv, links kept': yield from move(keep=True)
            elif s == 'look': yield from look()
            elif s == 'look for revisions': yield from look(layers=False)
            elif s == 'flush': yield do('flush', flush)
            elif s == 'delay': yield wait('delay', idle)
            elif s == 'links again': yield do('link layer again', lambda w: w.set_absent('r', 'layer', 'Klayer'))
            elif s == 'stop': yield do('stop', stop)
            elif s == 'start': yield do('start', start)
            elif s == 'drop kept links':
                if (yield do('look at manifests', forgotten)): yield do('drop kept link', lambda w: w.rmk('r', 'layer'))
        return 'done'
    return g

def final(w, rets, st):
    if rets[0] != '201': return
    for n in ('r', 's'):
        if not w.get(n, 'tag2'): continue
        if not w.get(n, 'revision'): return f'after a restart {n}:2 has no revision'
        if not w.get(n, 'layer'): return f'after a restart {n}:2 has no layer link'

KEPT = ['mv, links kept', 'look for revisions', 'flush', 'delay', 'look for revisions']
VARIANTS = [
    ('no cache: mv', False, ['mv']),
    ('no cache: mv, look', False, ['mv', 'look']),
    ('no cache: mv, delay, look', False, ['mv', 'delay', 'look']),
    ('no cache: mv, look, delay, look', False, ['mv', 'look', 'delay', 'look']),
    ('(a) mv, flush', True, ['mv', 'flush']),
    ('(a) mv, look, flush', True, ['mv', 'look', 'flush']),
    ('(a) mv, look, delay, look, flush: ended by time', True, ['mv', 'look', 'delay', 'look', 'flush']),
    ('(b) flush, mv, look, delay, look', True, ['flush', 'mv', 'look', 'delay', 'look']),
    ('(b) mv, look, flush, said: dropped', True, ['mv', 'look', 'flush']),
    ('(b) mv, look, flush, said: look, dropped', True, ['mv', 'look', 'flush', 'look']),
    ('(b) mv, look, flush, said: delay, look, dropped', True, ['mv', 'look', 'flush', 'delay', 'look']),
    ('(b) mv, look, flush, said: look, delay, look, dropped', True, ['mv', 'look', 'flush', 'look', 'delay', 'look']),
    ('(c) links kept, flush', True, ['mv, links kept', 'flush']),
    ('(c) links kept, looks for revisions', True, KEPT),
    ('(c) links taken and set again, looks for revisions', True,
        ['mv', 'look for revisions', 'links again', 'flush', 'delay', 'look for revisions']),
    ('(c) links kept, dropped after the flush', True, KEPT + ['drop kept links']),
    ('(c) links kept, dropped after the flush, delay, look', True, KEPT + ['drop kept links', 'delay', 'look']),
    ('(c) links kept, dropped while registries are stopped', True, KEPT + ['stop', 'drop kept links', 'start']),
    ('(c) links kept, dropped, then flush, delay, look', True,
        ['mv, links kept', 'look for revisions', 'drop kept links', 'flush', 'delay', 'look']),
]

if __name__ == '__main__':
    for name, cached, steps in VARIANTS:
        w = w0(warm=cached); w.x['cached'] = int(cached)
        report(name, explore(w, [push, regtop(steps), client], final))
