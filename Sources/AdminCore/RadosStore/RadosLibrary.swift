#if RADOS
import CRados
import Glibc
#endif

/// The librados that this program runs with.
public enum RadosLibrary {
    /// `librados 3.0.0 (Ceph 16.2.15)`: the library's own version, which is not Ceph's, and Ceph's where the library
    /// tells it. nil if the program was built without the trait RADOS.
    public static var version: String? {
        #if RADOS
        var (major, minor, extra): (Int32, Int32, Int32) = (0, 0, 0)
        rados_version(&major, &minor, &extra)
        let library = "librados \(major).\(minor).\(extra)"
        return cephVersion.map { "\(library) (Ceph \($0))" } ?? library
        #else
        return nil
        #endif
    }

    #if RADOS
    /// Ceph's version, from the library below librados. It has no C interface for it, so the function is looked up by the
    /// name a C++ compiler gives it, and its absence is nothing bad.
    private static var cephVersion: String? {
        guard let symbol = dlsym(nil, "_Z19ceph_version_to_strv") else { return nil }
        typealias VersionFunction = @convention(c) () -> UnsafePointer<CChar>?
        // Holds as long as the mangled name does, which spells this type: no arguments; the result, not a part of the name,
        // has been a C string in every release.
        return unsafeBitCast(symbol, to: VersionFunction.self)().map { String(cString: $0) }
    }
    #endif
}
