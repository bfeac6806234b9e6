from engine import *
from dirs import *
# link_up: the reads of absent() follow each other ("in turn"), or go at once ("up", "down": in the two extreme orders),
# each insertion guarded by the version that was read; then the chain is read downward. SAFE: the same ends can be reached.
def chain(path):
    p=parent(path)[0]
    while p!='/':
        yield p,*parent(p); p=parent(p)[0]
def put(path,reads):
    def g():
        yield do('publish',lambda w:w.set_absent(*parent(path),'Y'))
        up=list(chain(path)); down=up[::-1]
        while True:
            seen={}
            for p,d,b in {'in turn':[],'up':up,'down':down}[reads]:
                seen[p]=yield do(f'read {p}',lambda w:(w.get(d,b),w.v.get(d,0),d in w.o))
            for p,d,b in up:
                key,version,exists=seen.get(p,(None,None,None))
                if key is not None: continue
                r=None
                if p in seen:
                    r=yield do(f'list@v {p}',lambda w:'ERANGE' if (d in w.o)!=exists or exists and w.v.get(d,0)!=version
                               else w.set_absent(d,b,''))
                if r in(None,'ERANGE'): yield do(f'list {p}',lambda w:w.set_absent(d,b,''))
            whole=True
            for p,d,b in down:
                k=yield do(f'look {p}',lambda w:w.get(d,b))
                whole=whole and k is not None
            if whole: return 'put'
    return g
def ends(world,procs):
    found=set()
    n,e,_=explore(world,procs,lambda w,rets,st: found.add(fz(w.o)))
    return n,e,found
if __name__=='__main__':
    D=lambda st,r: st[0] in('end','run')
    for k in ('old','objfirst','checked','verify'):
        for other in (None,'/r/b/z'):
            beside=[prune(k,wt=D)]+([old_put(other)] if other else [])
            _,_,reference=ends(w0(),[put('/r/a/y','in turn')]+beside)
            for reads in ('up','down'):
                n,e,found=ends(w0(),[put('/r/a/y',reads)]+beside)
                report(f'link_up {reads:4s} prune {k:9s}'+(f' push {other}' if other else ''),
                       (n,e,{} if found==reference else {'other ends':()}))
