import AdminCore
import Presentation
import ArgumentParser

/// `regtop rm REF…`
struct RemoveCommand: StoreCommand, ChangingCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Delete repositories, tags or manifests.",
        discussion: """
            repo deletes the repository: its manifests, layer links and uploads, but not the repositories below it (rm a \
            keeps a/x). repo:tag deletes that tag only; other tags of the same manifest stay. repo@sha256:… deletes the \
            manifest and every tag that names it; the first four digits are enough if no other manifest of the repository \
            begins with them.

            rm moves links to the trash and leaves all blobs below blobs/; `regtop trash restore` restores the links \
            until the trash is emptied. rm frees no space, but makes it reclaimable by gc. --now skips the trash: the \
            links are deleted at once and cannot be restored. On a full pool only --now works.

            A registry with a descriptor cache (storage: cache: in its configuration) believes until its restart that \
            the layers of a deleted repository are still linked there. If a client pushes such a layer to that name, \
            the registry answers 201 but writes no link, and the image cannot be pulled after the restart. So restart \
            every registry after rm, or flush its cache, then run regtop recover --cache-flushed, which writes the \
            missing links. Until then every change, gc and fsck write the missing links. --no-cache says that no registry \
            has such a cache. --keep-layer-links keeps the links. Uploads in progress (written to within the last day) \
            stay as well unless --uploads is given.

            Instead of names: --where FILTER deletes the repositories that match a filter; with --tags-of REPO the tags of \
            that repository that match. The plan lists every row with the reason why it goes or stays.

            --keep N keeps the newest N images of --tags-of REPO. All tags of one manifest are one image, and so are the \
            images of an index; an image that stays keeps all its tags. The date of an image is that of its links, or with \
            --by created that of its configuration; images without a date stay. --keep-tag GLOB keeps tags (v*, release-?, \
            [0-9]*). --keep-file FILE keeps images in use: a reference or a digest on each line, # begins a comment, as \
            from kubectl get pods -A -o jsonpath='{..image}'. Each of these options only keeps more.

            --policy applies the rules below retention: in config.yml to every repository that matches a rule:
              retention:
                "app/*": {keep: 10, keep-tags: [latest, "v*"], by: created}
                "**": {where: age>1y, keep-tags: [stable]}
            If several rules match a repository, a tag goes only if all of them let it go. A rule with only keep-tags \
            keeps everything that it matches.

            Signatures, attestations, bills of materials and referrers (sha256-….sig, .att, .sbom, and manifests with a \
            subject) belong to an image: they go with its last tag, return with it and stay with it. --keep-companions \
            keeps them.

            A filter has words and comparisons: age>180d, size>1G, unique>500M, tags=0, modified>2015-01-01, created, \
            name~^team/ (a regular expression), state=damaged, platforms~arm; with = != < <= > >= ~ !~, not, and, or, and \
            parentheses. Two terms side by side must both match. A plain word matches any text in the row, in either case. \
            A comparison with an unknown value never matches.

            rm shows its plan and asks; without a terminal it needs --yes.

            JSON: {targets, impact:{bytes, objects, reclaimable, tags, siblingTags, orphanedChildren, brokenIndexes, \
            sharedBlobs, sharedBytes, revisions, layers, uploads, notes}, applied, results:[{target, outcome, error}], \
            selection:[{target, goes, reason, sharedWith}]}; selection only if rules chose the targets; outcome is done, \
            failed, unknown or skipped.

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

    @Flag(help: "Skip the trash. This cannot be undone.")
    var now = false

    @Option(
        name: .customLong("where"),
        help: ArgumentHelp("Delete what matches a filter.", valueName: "filter"), transform: ArgumentText.filter)
    var filter: Filter?

    @Option(
        help: ArgumentHelp("Choose among the tags of a repository.", valueName: "repo"),
        completion: .values(.repository),
        transform: ArgumentText.repository)
    var tagsOf: RepositoryName?

    @Option(help: ArgumentHelp("With --tags-of: keep the newest N images.", valueName: "n"))
    var keep: Int?

    @Option(
        help: ArgumentHelp("Keep tags that match; can be repeated.", valueName: "glob"),
        transform: ArgumentText.tagPattern)
    var keepTag: [Glob] = []

    @Option(
        help: ArgumentHelp("Keep the references and digests in this file.", valueName: "file"), completion: .file())
    var keepFile: String?

    @Option(
        help: ArgumentHelp("The date of an image: created or modified. (default: modified)", valueName: "date"),
        completion: .list(["created", "modified"]),
        transform: ArgumentText.dating)
    var by: RetentionRule.Dating?

    @Flag(help: "Keep signatures and other companions of images that go.")
    var keepCompanions = false

    @Flag(help: "Choose by the rules in config.yml.")
    var policy = false

    @Argument(
        help: ArgumentHelp("repo, repo:tag or repo@sha256:…", valueName: "ref"), completion: .values(.reference),
        transform: ArgumentText.given)
    var references: [GivenReference] = []

    /// Also refuses options that would delete everything by omission.
    func validate() throws {
        if let keep, keep < 0 { throw ValidationError("--keep must be a number of images, not \(keep)") }
        if policy, filter != nil || tagsOf != nil || keep != nil || by != nil {
            throw ValidationError(
                "--policy takes the rules from config.yml: put --where, --tags-of, --keep and --by there")
        }
        for (flag, isGiven) in [
            ("--keep", keep != nil), ("--keep-tag", !keepTag.isEmpty), ("--keep-file", keepFile != nil),
            ("--by", by != nil),
        ] where isGiven && tagsOf == nil && !policy {
            throw ValidationError("\(flag) needs a repository: give --tags-of REPO")
        }
        let isChosen = filter != nil || tagsOf != nil || policy
        if isChosen, !references.isEmpty {
            throw ValidationError("give either references or --where, not both")
        }
        if !isChosen, references.isEmpty {
            throw ValidationError("give references to delete, or --where FILTER")
        }
        if filter?.isEmpty == true {
            throw ValidationError("an empty --where would delete everything; give references instead")
        }
        if tagsOf != nil, filter == nil, keep == nil {
            throw ValidationError(
                "--tags-of needs --where FILTER, --keep N or both; --keep 0 deletes everything that no other option keeps"
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
            // A rule with only `keepTags` keeps tags and lets nothing go.
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
