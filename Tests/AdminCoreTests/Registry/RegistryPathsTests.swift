import Testing

@testable import Registry
@testable import StorageDriver

@Suite("The grammar of paths")
struct RegistryPathsTests {
    private let paths = RegistryPaths()
    private let manifest = Digest.sha256(of: "manifest".utf8)
    private let other = Digest.sha256(of: "other".utf8)

    /// Each path that can be built parses to the values that it was built from.
    @Test(arguments: ["app", "team/app/deep"])
    func roundTrip(_ text: String) throws {
        let name = try #require(RepositoryName(text))
        let tarsum = try #require(Digest(algorithm: "tarsum.v1+sha256", hex: manifest.hex))
        // A tag may have the name of one of the registry's own directories.
        for tag in ["v1", "_manifests", "_layers", "current", "index"] {
            let link = try #require(paths.currentLink(name, tag: tag))
            #expect(paths.file(at: link) == .currentLink(tag: tag))
            #expect(paths.tag(of: link) == tag && paths.currentTag(of: link) == tag)
            #expect(paths.reference(of: link) == ImageReference(name, .tag(tag)))
            let index = paths.link(to: tarsum, below: try #require(paths.index(name, tag: tag)))
            #expect(paths.file(at: index) == .tagIndex(tarsum))
            #expect(paths.tag(of: index) == tag && paths.currentTag(of: index) == nil)
            #expect(paths.tag(of: try #require(paths.tag(name, tag))) == tag)
            #expect(paths.repositoryName(of: link) == name && paths.part(of: link) == .manifests)
        }
        let files: [(StoragePath, RegistryFile?, RegistryPaths.Part)] = [
            (paths.revisionLink(name, manifest), .revision(manifest), .manifests),
            (paths.revisionLink(name, tarsum), .revision(tarsum), .manifests),
            (paths.signatureLink(name, other, of: manifest), .signature(other, of: manifest), .manifests),
            (paths.signatureLink(name, other, of: tarsum), .signature(other, of: tarsum), .manifests),
            (paths.layerLink(name, other), .layer(other), .layers),
            (paths.revisions(name), nil, .manifests), (paths.link(in: paths.revisions(name)), nil, .manifests),
            (paths.link(in: paths.tags(name)), nil, .manifests), (paths.layers(name), nil, .layers),
        ]
        for (path, file, part) in files {
            #expect(paths.file(at: path) == file)
            #expect(paths.part(of: path) == part && paths.repositoryName(of: path) == name)
            #expect(paths.onlyFile(in: path.parent) == file || file == nil)
            #expect(paths.tag(of: path) == nil || path.parent == paths.tags(name))
        }
        let upload = try paths.uploads(name).appending("0f")
        #expect(paths.file(at: try upload.appending("data")) == .upload(directory: upload))
        #expect(paths.file(at: upload) == nil && paths.upload(of: upload) == "0f")
        #expect(paths.upload(of: try upload.appending("data")) == "0f" && paths.upload(of: paths.uploads(name)) == nil)
        #expect(paths.repository(at: paths.repository(name)) == name)
        #expect(paths.repository(at: paths.layers(name)) == nil)
        #expect(paths.repositoryName(of: paths.repository(name)) == nil)
        #expect(paths.ownDirectories(name).map(paths.part(of:)) == RegistryPaths.Part.allCases)
    }

    @Test func pathsOfBlobsAndForeignPaths() throws {
        let blob = paths.blob(manifest)
        #expect(paths.file(at: blob) == .blob(manifest) && paths.onlyFile(in: blob.parent) == .blob(manifest))
        #expect(paths.part(of: blob) == nil && paths.repositoryName(of: blob) == nil)
        // Paths below the wrong first digits, and below an invalid name of a repository, are
        // foreign.
        let strangers = [
            "/docker/registry/v2/blobs/sha256/zz/\(manifest.hex)/data",
            "/docker/registry/v2/repositories/_layers/sha256/\(manifest.hex)/link",
            "/docker/registry/v2/repositories/app/_other/sha256/\(manifest.hex)/link",
            "/docker/registry/v2/repositories/app/_layers/sha256/\(manifest.hex)/data",
            "/docker/registry/v2/repositories/app/_manifests/tags/v1/current/current/link",
            "/docker/registry/v2/repositories", "/",
        ]
        for text in strangers { #expect(paths.file(at: try StoragePath(text)) == nil, "\(text)") }
        #expect(paths.repository(at: paths.repositories) == nil && paths.repository(at: paths.blobs) == nil)
    }

    @Test func moved() throws {
        let (old, new) = (try StoragePath("/a/b"), try StoragePath("/x"))
        #expect(try StoragePath("/a/b/c").moved(from: old, to: new) == StoragePath("/x/c"))
        #expect(old.moved(from: old, to: new) == new)
        #expect(try StoragePath("/a/bc").moved(from: old, to: new) == StoragePath("/a/bc"))
    }

    /// The storage driver takes more names than clients pull.
    @Test func namesThatNoClientPulls() throws {
        let pulled = [
            "a", "app/web:1.0", "a.b/c_d/e__f/g---h:_1", "a:A-b.c", "\(String(repeating: "a", count: 255)):x",
        ]
        for text in pulled { #expect(try #require(ImageReference(text)).pullObstacle == nil, "\(text)") }
        let refused = [
            "App/web", "app/Web:1.0", "a-", "-a", "a..b", "a___b", "a._b", "a:-1", "a:.x",
            "a:\(String(repeating: "b", count: 129))", "\(String(repeating: "a", count: 256)):x",
        ]
        for text in refused { #expect(try #require(ImageReference(text)).pullObstacle != nil, "\(text)") }
    }
}
