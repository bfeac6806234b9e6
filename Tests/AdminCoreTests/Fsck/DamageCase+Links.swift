@testable import AdminCore

// Links that lead nowhere, or are not there.

extension DamageCase {
    static let links: [DamageCase] = [
        DamageCase(
            "a layer link that is no digest", .badLink, .error, repair: "replace-link", at: { $0.layerLink(layer) },
            damage: { try await overwrite($0.layerLink(layer), "nonsense", $0) }),
        DamageCase(
            "a tag's link that is no digest", .badLink, .error, repair: "replace-link", at: { $0.currentLink("v2") },
            damage: { try await overwrite($0.currentLink("v2"), "nonsense", $0) }),
        DamageCase(
            "a tag's link that is no digest, where the tag has named two", .badLink, .error, repair: "trash",
            at: { $0.currentLink("v2") },
            damage: {
                let former = $0.tag("v2").appending(.literal("index", "sha256", spare.digest.hex, "link"))
                try await $0.driver.putContent(former, Array(spare.digest.string.utf8))
                try await overwrite($0.currentLink("v2"), "nonsense", $0)
            }),
        DamageCase(
            "a link that ends with a line end", .badLink, .error, repair: "rewrite-link", after: [.orphanBlob],
            at: { $0.currentLink("v2") },
            damage: { try await overwrite($0.currentLink("v2"), "\(FsckFixture.manifest.digest)\n", $0) }),
        DamageCase(
            "a layer link of digits alone", .badLink, .error, repair: "rewrite-link", after: [.orphanBlob],
            at: { $0.layerLink(layer) },
            damage: { try await overwrite($0.layerLink(layer), layer.digest.hex.uppercased(), $0) }),
        DamageCase(
            "a link of no bytes", .badLink, .error, repair: "replace-link", at: { $0.currentLink("v2") },
            damage: { try await $0.change($0.storage.blob($0.currentLink("v2")).chunk(0), .remove) }),
        DamageCase(
            "a link to another digest than its path says", .badLink, .error, repair: "replace-link",
            at: { $0.layerLink(layer) },
            damage: { try await overwrite($0.layerLink(layer), spare.digest.string, $0) }),
        DamageCase(
            "a tag without a link", .badLink, .error, repair: "restore-tag", at: { $0.currentLink("v2") },
            damage: { fixture in
                try await fixture.erase(fixture.currentLink("v2"))
                try await fixture.change(StorageReader.directory(fixture.tag("v2")), .removeOmap(["current"]))
            }),
        DamageCase(
            "a tag whose current directory is empty", .badLink, .error, repair: "restore-tag",
            at: { $0.currentLink("v2") }, damage: { try await dropLink(of: "v2", $0) }),
        DamageCase(
            "a tag whose current directory is empty and not listed", .badLink, .error, repair: "restore-tag",
            at: { $0.currentLink("v2") },
            damage: {
                try await dropLink(of: "v2", $0)
                try await $0.planter.unlist($0.currentLink("v2").parent)
            }),
        DamageCase(
            "a tag whose current directory is listed and gone", .badLink, .error, repair: "restore-tag",
            at: { $0.currentLink("v2") },
            damage: {
                try await dropLink(of: "v2", $0)
                try await $0.planter.loseObject(of: $0.currentLink("v2").parent)
            }),
        DamageCase(
            "a tag of which only its current directory is left", .badLink, .error, repair: "trash",
            at: { $0.currentLink("gone") },
            prepare: { try $0.makeDirectory(tags.appending(.literal("gone", "current")), at: pushed) }),
        DamageCase(
            "a tag of which only the name is left", .badLink, .error, repair: "trash", at: { $0.currentLink("gone") },
            prepare: { try $0.makeDirectory(tags.appending(.literal("gone")), at: pushed) }),
        DamageCase(
            "a tag of which only the key is left", .badLink, .error, repair: "trash", at: { $0.currentLink("gone") },
            prepare: { try $0.makeDirectory(tags.appending(.literal("gone")), at: pushed) },
            damage: { try await $0.planter.loseObject(of: $0.tag("gone")) }),
        DamageCase(
            "a layer link is gone", .missingLayerLink, .error, repair: "write-link", at: { $0.layerLink(layer) },
            damage: { try await $0.erase($0.layerLink(layer)) }),
        DamageCase(
            "a layer link that no manifest needs", .unusedLayerLink, .waste, repair: "trash",
            at: { $0.layerLink(spare) }, prepare: { try $0.linkLayer(spare, in: "app", at: pushed) }),
    ]

    private static let tags = RegistryPaths().tags("app")

    /// Leaves an empty directory where the current link of a tag was.
    private static func dropLink(of tag: String, _ fixture: FsckFixture) async throws {
        let link = fixture.currentLink(tag)
        try await fixture.change(fixture.storage.blob(link).chunk(0), .remove)
        try await fixture.change(StorageReader.directory(link.parent), .removeOmap(["link"]))
    }

    private static func overwrite(_ path: StoragePath, _ text: String, _ fixture: FsckFixture) async throws {
        try await fixture.change(
            fixture.storage.blob(path).chunk(0), .writeFull(Array(text.utf8)),
            .setXattr(name: TotalSize.xattr, value: TotalSize.encode(UInt64(text.utf8.count))))
    }
}
