from engine import *
# A tag moves over another one: B names Y, A names X; Y goes to the trash T, X to B. A recovery takes the move
# back, or ends it, or ends it if nobody has written into Y; it begins after the delay, as the last look does.
def world():
    w=World(); w.setk('B','link','Y'); w.setk('A','link','X'); w.data.update(X='new',Y='old'); return w
def cas(w,n,old,new):
    if w.get(n,'link')!=old: return 'ECANCELED'
    w.setk(n,'link',new); return 0
def back():   # X has not left A
    if not (yield do('B back',lambda w:cas(w,'B','X','Y'))) or (yield do('B?',lambda w:w.get('B','link')=='Y')):
        yield do('T back',lambda w:w.cas_rm('T','old','Y'))
def replace(style):
    def g():
        yield do('journal',lambda w:w.setk('J','i','X'))
        if style!='trash last': yield do('set T',lambda w:w.setk('T','old','Y'))
        if style=='remove, then set':
            if (yield do('rm B',lambda w:w.cas_rm('B','link','Y'))): yield do('undo T',lambda w:w.cas_rm('T','old','Y')); return
            yield do('set B',lambda w:w.set_absent('B','link','X'))
        elif (yield do('cas B',lambda w:cas(w,'B','Y','X'))):
            if style!='trash last': yield do('undo T',lambda w:w.cas_rm('T','old','Y'))
            yield do('jdel',lambda w:w.rmk('J','i')); return 'changed'
        if style=='trash last': yield do('set T',lambda w:w.setk('T','old','Y'))
        if 'delay' in style: yield wait('delay',lambda st,r: st[1] in('end','run'))
        if 'read' in style and (yield do('read Y',lambda w:w.data.get('Y')))!='old':
            yield from back(); yield do('jdel',lambda w:w.rmk('J','i')); return 'changed'
        if (yield do('cas A',lambda w:w.cas_rm('A','link','X'))): yield from back(); yield do('jdel',lambda w:w.rmk('J','i')); return 'changed'
        yield do('jdel',lambda w:w.rmk('J','i')); return 'moved'
    return g
def recovery(style):
    def g():
        yield wait('rec',lambda st,r: st[0] in('dead','end') and st[1] in('end','run'))
        if not (yield do('readJ',lambda w:w.get('J','i'))): return
        go=style=='forward'
        if style=='by Y': go=(yield do('read Y',lambda w:w.data.get('Y')))=='old'
        if go and (yield do('B?',lambda w:w.get('B','link')))=='X': yield do('cas A',lambda w:w.cas_rm('A','link','X'))
        elif (yield do('A?',lambda w:w.get('A','link')))=='X': yield from back()
        yield do('jdel',lambda w:w.rmk('J','i'))
    return g
def push(n,content):   # of the old driver: into the file that is there, or into a new one
    def g():
        x=yield do('getOid '+n,lambda w:w.get(n,'link'))
        if not x: yield do('putOid Z',lambda w:w.setk(n,'link','Z'))
        yield do('write',lambda w:w.data.__setitem__(x or 'Z',content))
        return content
    return g
def nothing():
    return
    yield
def always(w,r,st):
    if w.get('B','link') not in w.data: return 'B names no manifest'
def final(w,r,st):
    b,t=w.get('B','link'),w.get('T','old')
    if 'to B' in r and w.data.get(b)!='to B': return 'LOST: a push to B was answered, and B does not have it'
    if 'to A' in r and w.data.get(w.get('A','link'))!='to A' and w.data.get(b)!='to A': return 'LOST: a push to A is at neither tag'
    if 'Y' not in (b,t): return 'LOST: Y is at no place'
    if b=='Y' and t: return 'Y is at two places'
    if 'X' not in (b,w.get('A','link')): return 'LOST: X is at no place'
if __name__=='__main__':
    for s in ('remove, then set','trash last','swap','swap, read','swap, delay, read'):
        report(f'replace by "{s}", push to B',explore(world(),[replace(s),push('B','to B')],final,always=always))
    for s in ('swap, read','swap, delay, read'):
        report(f'replace by "{s}", push to A',explore(world(),[replace(s),push('A','to A')],final,always=always))
    for how in ('back','forward','by Y'):
        for n in ('nothing','A','B'):
            pushes=push(n,'to '+n) if n!='nothing' else nothing
            report(f'"swap, delay, read", crash, recovery {how}, push to {n}',
                explore(world(),[replace('swap, delay, read'),pushes,recovery(how)],final,crash=(0,),always=always))
