import AdminCore
import ArgumentParser

/// `regtop rm REF…`
struct RemoveCommand: StoreCommand, ChangingCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Delete repositories, tags or manifests.",
        discussion: """
            repo deletes the repository: its manifests, layer links and uploads, and never a repository below it (rm a leaves a/x alone). \
            repo:tag deletes that tag only; other tags of the same manifest stay. repo@sha256:… deletes the manifest and \
            every tag that names it; the first four digits or more suffice if no other manifest of the repository begins so.

            Only references go, into the trash: `regtop trash restore` brings them back until the trash is emptied. What they \
            reach stays where it is, below blobs/, so space is not freed by this but made reclaimable. --now skips the trash: the links are \
            dropped at once and cannot be restored; on a full pool nothing else works.

            A registry with a descriptor cache (storage: cache: in its configuration) believes until it is restarted that the layers of a deleted \
            repository are linked in it. It answers 201 to a push of one of them there, writes no link, and the image cannot be pulled \
            after the restart. So restart every registry afterwards, or flush its cache, and run regtop recover --cache-flushed, which \
            writes such links, as does every change, gc and fsck until then; --no-cache says that no registry has such a cache. \
            --keep-layer-links leaves the links where they are. Uploads in progress, in which something was written within the last day, stay \
            as well, unless --uploads is given.

            Instead of naming them: --where FILTER deletes the repositories that a filter lets through; with --tags-of REPO, the \
            tags of that repository. Every row that was looked at is listed, with why it goes or stays.

            --keep N keeps the newest N images of --tags-of REPO: tags of one manifest are one image, the images of an index are one with it, \
            and an image that stays keeps all its tags. It is as old as its links, or with --by created as its configuration says; what has no \
            date stays. --keep-tag GLOB keeps tags (v*, release-?, [0-9]*), and --keep-file FILE what is in use: a reference or a digest on each \
            line, # begins a comment, as in kubectl get pods -A -o jsonpath='{..image}'. What any of these keeps stays.

            --policy applies the rules below retention: in config.yml to every repository that one of them is for:
              retention:
                "app/*": {keep: 10, keep-tags: [latest, "v*"], by: created}
                "**": {where: age>1y, keep-tags: [stable]}
            Of several rules for one repository all have to let a tag go. A rule of keep-tags only keeps.

            Signatures, attestations, bills of materials and referrers (sha256-….sig, .att, .sbom, and what has a subject) are no images: they go \
            with the last tag of theirs, come back with it, and stay with it. --keep-companions leaves them where they are.

            A filter is words and comparisons: age>180d, size>1G, unique>500M, tags=0, modified>2015-01-01, created, name~^team/ \
            (a regular expression), state=damaged, platform~arm; = != < <= > >= ~ !~; not, and, or, parentheses. Two beside each \
            other mean both. A plain word is looked for in the row, whatever its case. What is not known fulfils nothing.

            What would happen is shown first, then you are asked. Without a terminal --yes is needed.

            JSON: {targets, impact:{bytes, objects, reclaimable, tags, siblingTags, orphanedChildren, brokenIndexes, sharedBlobs, sharedBytes, \
            revisions, \
            layers, uploads, notes}, applied, \
            results:[{target, outcome, error}], selection:[{target, goes, reason, sharedWith}]}, the last where targets were chosen; outcome \
            is done, failed, unknown or skipped.

            EXAMPLES:
              regtop rm --dry-run stale/old-service
              regtop rm app/web:0.9 app/web:0.8 --yes
              regtop rm --where 'age>1y and tags<3' --dry-run
              regtop rm --tags-of app/web --keep 10 --where 'age>90d not name~^v[0-9]'
              regtop rm --tags-of app/web --keep 5 --keep-tag 'v*' --keep-file in-use.txt
              regtop rm --policy --dry-run
            """)

    @OptionGroup var store: StoreOptions
    @OptionGroup var format: FormatOptions
    @OptionGroup var change: ChangeOptions
    @OptionGroup var registries: OfflineOptions
    @OptionGroup var caches: CacheOptions
    @OptionGroup var repositories: RepositoryOptions

    var sessionOptions: SessionOptions { store.session(registries, caches) }

    @Flag(help: "Skip the trash: what goes cannot be restored.")
    var now = false

    @Option(
        name: .customLong("where"),
        help: ArgumentHelp("Delete what a filter lets through.", valueName: "filter"), transform: ArgumentText.filter)
    var filter: Filter?

    @Option(
        help: ArgumentHelp("Choose among the tags of a repository.", valueName: "repo"),
        transform: ArgumentText.repository)
    var tagsOf: RepositoryName?

    @Option(help: ArgumentHelp("With --tags-of: keep the newest images.", valueName: "n"))
    var keep: Int?

    @Option(
        help: ArgumentHelp("Keep tags that match. May be repeated.", valueName: "glob"),
        transform: ArgumentText.tagPattern)
    var keepTag: [Glob] = []

    @Option(help: ArgumentHelp("Keep what is in use: references or digests, one a line.", valueName: "file"))
    var keepFile: String?

    @Option(
        help: ArgumentHelp("Go by when images were created, or tags modified. (default: modified)", valueName: "date"),
        transform: ArgumentText.dating)
    var by: RetentionRule.Dating?

    @Flag(help: "Keep signatures and whatever else belongs to an image that goes.")
    var keepCompanions = false

    @Flag(help: "Choose by the rules in config.yml.")
    var policy = false

    @Argument(
        help: ArgumentHelp("repo, repo:tag or repo@sha256:…", valueName: "ref"), transform: ArgumentText.given)
    var references: [GivenReference] = []

    /// Refuses what does not go together, and what would take everything because nothing was said.
    func validate() throws {
        if let keep, keep < 0 { throw ValidationError("--keep takes a number of images, not \(keep)") }
        if policy, filter != nil || tagsOf != nil || keep != nil || by != nil {
            throw ValidationError(
                "--policy goes by the rules in config.yml: --where, --tags-of, --keep and --by belong there")
        }
        for (flag, isGiven) in [
            ("--keep", keep != nil), ("--keep-tag", !keepTag.isEmpty), ("--keep-file", keepFile != nil),
            ("--by", by != nil),
        ] where isGiven && tagsOf == nil && !policy {
            throw ValidationError("\(flag) is about tags: say of which repository with --tags-of")
        }
        let isChosen = filter != nil || tagsOf != nil || policy
        if isChosen, !references.isEmpty {
            throw ValidationError("either name what is to be deleted, or choose it with --where; not both")
        }
        if !isChosen, references.isEmpty {
            throw ValidationError("name what is to be deleted, or choose it with --where FILTER")
        }
        if filter?.isEmpty == true {
            throw ValidationError("an empty --where would delete everything; name it instead")
        }
        if tagsOf != nil, filter == nil, keep == nil {
            throw ValidationError(
                "--tags-of wants --where FILTER, or --keep N, or both; --keep 0 lets everything go that nothing else keeps"
            )
        }
    }

    func run(in context: CommandContext) async throws {
        let proposal = self.proposal(in: context)
        let planner = context.session.planner
        guard references.isEmpty else {
            return try await proposal.run { progress in
                let references = try await Missing.references(references, in: context.session)
                return try await planner.removal(
                    of: references, skippingTrash: now, companions: keepCompanions ? .none : .all,
                    handling: repositories.handling, progress: progress)
            }
        }
        let inUse = try await KeepFile.read(keepFile)
        try await proposal.run { progress in
            let selection = try await select(planner, inUse, progress, in: context.session)
            return try await SelectedRemoval.of(
                selection, planner, skippingTrash: now, keepingCompanions: keepCompanions,
                handling: repositories.handling, progress: progress)
        }
    }

    private func select(
        _ planner: ChangePlanner, _ inUse: KeepList?, _ progress: @escaping ProgressHandler, in session: Session
    ) async throws -> Selection {
        if policy {
            var policy = try SettingsFile.read().policy()
            policy.inUse = inUse
            policy.keepsCompanions = keepCompanions
            // Beside the rules, not one more of them that would have to let everything go.
            if !keepTag.isEmpty { policy.rules.append(RetentionRule(keepTags: keepTag)) }
            return try await planner.selection(by: policy, progress: progress)
        }
        guard let tagsOf else {
            return try await planner.selection(ofRepositories: filter ?? Filter(), progress: progress)
        }
        return try await Missing.named(tagsOf, in: session) {
            let rule = RetentionRule(
                keep: keep, keepTags: keepTag, filter: filter ?? Filter(), dating: by ?? .modified)
            return try await planner.selection(
                ofTagsOf: tagsOf, Retention([rule], inUse: inUse, keepsCompanions: keepCompanions))
        }
    }
}
