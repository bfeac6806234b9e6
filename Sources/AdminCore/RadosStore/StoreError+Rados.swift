#if RADOS
import ObjectStore
import Foundation

extension StoreError {
    /// The error that librados reported as `code`, a negative errno.
    static func rados(_ code: Int32, _ operation: String, _ object: ObjectID? = nil) -> StoreError {
        let number = abs(code)
        let (kind, reason): (Kind, String) =
            switch number {
            case ETIMEDOUT:
                (.timedOut, "the cluster did not answer in time; `ceph -s` shows whether its OSDs are up")
            case ECANCELED: (.cancelled, "it was cancelled")
            case EPERM, EACCES:
                (.permissionDenied, "this client may not do it; `ceph auth get` shows its capabilities")
            case ENOSPC: (.full, "the cluster has no space left: see `ceph df`; deleting still works")
            case EDQUOT: (.full, "the pool's quota is used up: see `ceph df detail`; deleting still works")
            case ESHUTDOWN:
                (.blocklisted, "the cluster has blocklisted this client; `ceph osd blocklist ls` shows until when")
            case EIO: (.inputOutput, "the cluster reported an input or output error; `ceph health detail` may say more")
            case ENAMETOOLONG: (.invalid, "the name is longer than the cluster accepts")
            case EOPNOTSUPP: (.invalid, "this pool cannot do that; erasure-coded pools hold no omaps")
            case EFBIG: (.invalid, "the object would be larger than the cluster accepts")
            case EMSGSIZE, E2BIG: (.invalid, "it is more than the cluster accepts at once")
            case EINVAL: (.invalid, "the cluster found the request invalid")
            default: (.other, systemText(number))
            }
        return StoreError(kind, operation: operation, object: object, errno: number, reason: reason)
    }

    /// The error of every operation in a deleted pool.
    static func poolDeleted(_ pool: String, _ operation: String, _ object: ObjectID? = nil) -> StoreError {
        StoreError(
            .noSuchPool, operation: operation, object: object, errno: ENOENT,
            reason: "the pool \(pool) was deleted while it was open; open another one")
    }
}
#endif
