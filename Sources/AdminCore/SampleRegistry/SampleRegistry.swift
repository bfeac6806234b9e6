public import ObjectStore
import StorageDriver

/// The embedded sample: a registry as v2.3.1 might have left it after some years, the same on every
/// machine, with one specimen of each damage that its storage driver is known for
/// (docs/layout.md#defects).
///
/// The purpose of each repository:
///
/// | repository | shows |
/// | --- | --- |
/// | `library/alpine` | releases over a year; `latest` was retagged twice, `3` is `3.3` |
/// | `library/debian` | several tags on one digest; the layer that half of the others stand on |
/// | `ci/base`, `ci/runner` | layers shared between repositories; many tags on few digests |
/// | `app/web`, `app/api` | a product over two years: retagged tags, shared layers |
/// | `app/web/cache` | a repository below another one; changing `app/web` does not touch it |
/// | `team/x/deep` | a name of three components, of which the first two are no repositories |
/// | `team/billing` | a revision that no tag names any more beside one that has a tag |
/// | `ml/weights` | a layer of three chunks |
/// | `multi/arch` | a manifest list over amd64, arm64 and arm/v7 |
/// | `edge/gateway` | an OCI index and an OCI attachment with a subject, pushed years later |
/// | `legacy/schema1` | signed manifests of schema 1 with their signature blobs |
/// | `attic/cron` | stale: nothing has changed since 2013 |
/// | `attic/intranet` | untagged: a manifest is left, no tag |
/// | `attic/y2k` | untagged: the last manifest was deleted, the layer links stay for ever |
/// | `uploads/partial`, `uploads/started` | nothing but unfinished uploads, with and without data |
/// | `damaged/…` | see `Specimen` |
///
/// No specimen shares a blob with any other repository, so damage shows in one row only.
public enum SampleRegistry {
    /// Fills an empty store with the sample, in chunks of 4 MiB.
    ///
    /// If an error or a crash stops this half-way, throw the store away: the rest of the sample
    /// cannot be told from damage.
    ///
    /// - Parameters:
    ///   - reader: Reads the store.
    ///   - writer: Changes the same store.
    ///   - specimens: The kinds of damage to add.
    /// - Throws: `StoreError`, of kind `.invalid` if the store is not empty; it stays as it is
    ///   then.
    public static func make(
        in reader: any ObjectReader, _ writer: any ObjectWriter, specimens: Set<Specimen> = .all
    ) async throws {
        guard try await PoolScan(reader).first() == nil else {
            throw StoreError(.invalid, operation: "make the sample", reason: "the store is not empty")
        }
        // The program starts with this, so it uses several cores: the big layers are made while the
        // rest is drafted.
        async let layers = concurrentMap(specimens, window: specimens.count) { ($0, $0.layer) }
        var history = SampleHistory()
        try history.push()
        var builder = history.builder
        for (specimen, layer) in try await layers { try specimen.add(layer, to: &builder) }
        try await builder.draft.write(to: writer)
        let planter = DamagePlanter(
            reader: StorageReader(objects: reader), writer: writer, makeIdentifier: SampleBuilder.identifier)
        _ = try await concurrentMap(layers, window: specimens.count) { specimen, layer in
            try await specimen.plant(in: layer, with: planter)
        }
    }
}
