import Registry
import Foundation

/// A kind of target, with the names and documents that its readers accept.
public enum TransferKind: String, Hashable, Sendable {
    /// The layout of distribution's filesystem and S3 drivers.
    case registry
    /// An OCI image layout, in a directory or an archive.
    case oci
    /// A store of the old driver.
    case store

    /// The reason why readers of the target refuse a repository's name, as the end of a sentence;
    /// nil if they accept it.
    func objection(to name: RepositoryName) -> String? {
        switch self {
        case .store: nil
        case .registry:
            name.string.utf8.count <= 255 && TransferKind.isRegistryName(name.components)
                ? nil : "has a name that registries refuse (upper case, or signs side by side)"
        case .oci:
            name.components.allSatisfy { TransferKind.isJoined($0) }
                ? nil : "has a name that OCI layouts refuse (signs at an end, or side by side)"
        }
    }

    /// The reason why readers of the target refuse a tag, as the end of a sentence; nil if they
    /// accept it.
    func objection(to tag: String) -> String? {
        switch self {
        case .store: nil
        case .registry:
            tag.utf8.count <= 128 && tag.first != "." && tag.first != "-"
                ? nil : "is a tag that registries refuse (longer than 128 characters, or a sign at its beginning)"
        case .oci:
            TransferKind.isJoined(tag)
                ? nil : "is a tag that OCI layouts refuse (signs at an end, or side by side)"
        }
    }

    /// The reason why the target has no place for a manifest, as the end of a sentence; nil if it
    /// has one.
    func objection(to manifest: Manifest) -> String? {
        let names = manifest.blobs.map(\.digest) + manifest.children.map(\.digest)
        switch self {
        case .store: return nil
        case .registry:
            return names.contains { $0.algorithm.hasPrefix("tarsum") }
                ? "names blobs by tarsum, which no living registry reads" : nil
        case .oci:
            if manifest.isSchema1 { return "has schema 1, which OCI layouts do not hold" }
            return names.allSatisfy(\.isCanonical) ? nil : "names blobs by another digest than SHA-256"
        }
    }

    /// The names of distribution's grammar (`reference.NameRegexp` of v2.8): the first of several
    /// components may be the name of a host.
    private static func isRegistryName(_ components: [String]) -> Bool {
        components.enumerated().allSatisfy { index, component in
            isPathComponent(component) || index == 0 && components.count > 1 && isHost(component)
        }
    }

    /// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
    private static func isPathComponent(_ text: String) -> Bool {
        text.wholeMatch(of: #/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*/#) != nil
    }

    private static func isHost(_ text: String) -> Bool {
        text.wholeMatch(of: #/[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*/#)
            != nil
    }

    /// True for letters and digits that are joined by single signs, or by `--`
    /// (`org.opencontainers.image.ref.name` of the image specification).
    private static func isJoined(_ text: String) -> Bool {
        text.wholeMatch(of: #/[A-Za-z0-9]+(?:(?:[-._]|--)[A-Za-z0-9]+)*/#) != nil
    }
}
