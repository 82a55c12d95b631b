using Microsoft.Extensions.Logging;
using Recs.Engine.Embedded;

namespace Recs.Client;

/// <summary>
/// The recommender of a cluster, seen from a client or from within a silo. Calls to grains: no decision is made here.
/// Safe for concurrent use.
/// </summary>
/// <remarks>
/// <para>
/// Events without an id get one, so that a batch whose fate is unknown can be sent again without counting twice. When that
/// does not help either and the ids were not the caller's, the failure is an <see cref="OutcomeUnknownException"/>.
/// </para>
/// <para>Otherwise a cluster that cannot be reached is an Overloaded refusal with a time to try again.</para>
/// </remarks>
public sealed class ClusterRecommender : IRecommender
{
    private const int OnlyKey = 0;

    /// <summary>
    /// Keys under which any silo is asked. A client sends all calls of one key by one gateway: other keys find other ones
    /// when that one hangs.
    /// </summary>
    private const int PageKeys = 16;

    private readonly IGrainFactory _grains;
    private readonly ClusterRecommenderOptions _options;
    private readonly TimeProvider _time;
    private readonly GrainCalls _calls;
    private readonly PageRace _pages;
    private int _pageKey;

    /// <param name="grains">A connected client, or a silo's own factory.</param>
    /// <param name="options">Settings; a bad one is refused here, with its range.</param>
    /// <param name="time">The clock of deadlines and pauses.</param>
    /// <param name="metrics">Counts what was repeated.</param>
    /// <param name="logger">Says why a page was made without its session.</param>
    /// <param name="connection">Of a client that connects in the background: until it has, calls are refused as NotReady.</param>
    public ClusterRecommender(
        IGrainFactory grains,
        ClusterRecommenderOptions options,
        TimeProvider time,
        ClientMetrics metrics,
        ILogger<ClusterRecommender> logger,
        ClusterConnection? connection = null)
    {
        ArgumentNullException.ThrowIfNull(grains);
        OptionsCheck.Throw(options);
        _grains = grains;
        _options = options;
        _time = time;
        _calls = new GrainCalls(options, time, metrics, connection);
        _pages = new PageRace(options, time, metrics, logger, connection);
    }

    private IPageGrain PageGrain => _grains.GetGrain<IPageGrain>(Volatile.Read(ref _pageKey));

    private IControlGrain Control => _grains.GetGrain<IControlGrain>(OnlyKey);

    private ICatalogGrain Catalog => _grains.GetGrain<ICatalogGrain>(OnlyKey);

    /// <inheritdoc/>
    public async ValueTask<Receipt> ObserveAsync(
        IReadOnlyList<Interaction> events, ImportRows? import = null, CancellationToken cancellationToken = default)
    {
        InteractionRules.CheckCount(events);
        if (import is not null)
            return await ImportAsync(events, import, cancellationToken).ConfigureAwait(false);

        var sent = EventIds.Assign(events, _time, out var assigned);
        var user = OnlyUser(sent);
        var remembered = EventIds.AreRemembered(sent, _options.EventIdWindow);
        // Several users are no one transaction: even a refusal may leave some of their parts recorded.
        var repeat = new Repeat(ByClient: remembered, ByCaller: remembered && assigned == 0, AllOrNothing: user is not null);
        var receipt = await _calls.RunAsync(
            () => user is null ? _grains.GetGrain<IIntakeGrain>(OnlyKey).ObserveAsync(sent) : User(user).ObserveAsync(sent),
            repeat,
            cancellationToken).ConfigureAwait(false);
        // Ids that are new with this call can only be known from an attempt of its own.
        return assigned == sent.Length ? receipt with { Accepted = sent.Length, Duplicates = 0 } : receipt;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// When the user's grain has not answered by its share of the deadline, a page without the session is taken if it
    /// comes first; "session" is then in <see cref="Page.Degraded"/>.
    /// </remarks>
    public async ValueTask<Page> RecommendAsync(PageRequest request, CancellationToken cancellationToken = default)
    {
        PageRules.Check(request);
        return await _pages.RunAsync(
            request.Deadline,
            time => User(request.UserId).RecommendAsync(request with { Deadline = time }),
            Anywhere((grain, time) => grain.RecommendWithoutSessionAsync(request with { Deadline = time }), request.UserId),
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<Page> SimilarAsync(SimilarRequest request, CancellationToken cancellationToken = default)
    {
        PageRules.Check(request);
        var anywhere = Anywhere((grain, time) => grain.SimilarAsync(request with { Deadline = time }), request.UserId);
        return await _pages.RunAsync(
            request.Deadline,
            time => request.UserId is { } userId ? User(userId).SimilarAsync(request with { Deadline = time }) : anywhere(time),
            anywhere,
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<Page> TrendingAsync(TrendingRequest request, CancellationToken cancellationToken = default)
    {
        PageRules.Check(request);
        var anywhere = Anywhere((grain, time) => grain.TrendingAsync(request with { Deadline = time }), request.UserId);
        return await _pages.RunAsync(
            request.Deadline,
            time => request.UserId is { } userId ? User(userId).TrendingAsync(request with { Deadline = time }) : anywhere(time),
            anywhere,
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<UserProfile?> ProfileAsync(string userId, CancellationToken cancellationToken = default)
    {
        IdRules.Check("userId", userId);
        return await _calls.RunAsync(() => User(userId).ProfileAsync(), Repeat.Harmless, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<MergeReceipt> MergeAsync(string guestId, string targetId, CancellationToken cancellationToken = default)
    {
        MergeRules.Check(guestId, targetId);
        return await _calls.RunAsync(() => User(guestId).MergeIntoAsync(targetId), Repeat.Harmless, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>Waits as long as Orleans does; a removal that was cut short is finished by the cluster.</remarks>
    public async ValueTask<ForgetReceipt> ForgetAsync(string userId, CancellationToken cancellationToken = default)
    {
        IdRules.Check("userId", userId);
        // A second attempt would find nothing left to count: its receipt would not say what was removed.
        return await _calls.RunAsync(() => Control.ForgetAsync(userId), Repeat.Harmless with { ByClient = false }, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<Item?> GetItemAsync(string itemId, CancellationToken cancellationToken = default)
    {
        IdRules.Check("itemId", itemId);
        return await _calls.RunAsync(() => PageGrain.GetItemAsync(itemId), Repeat.Harmless, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<CatalogReceipt> UpsertItemsAsync(IReadOnlyList<Item> items, CancellationToken cancellationToken = default)
    {
        ItemCatalog.Validate(items);
        Item[] sent = [.. items];
        return await _calls.RunAsync(() => Catalog.UpsertAsync(sent), Repeat.Harmless, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>False also when an earlier attempt of this call deleted it and its answer was lost.</remarks>
    public async ValueTask<bool> DeleteItemAsync(string itemId, CancellationToken cancellationToken = default)
    {
        IdRules.Check("itemId", itemId);
        return await _calls.RunAsync(() => Catalog.DeleteAsync(itemId), Repeat.Harmless, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<ModelInfo>> ModelsAsync(CancellationToken cancellationToken = default) =>
        await _calls.RunAsync(() => PageGrain.ModelsAsync(), Repeat.Harmless, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask<RuleSet> GetRulesAsync(CancellationToken cancellationToken = default) =>
        await _calls.RunAsync(() => PageGrain.RulesAsync(), Repeat.Harmless, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask ReplaceRulesAsync(RuleSet rules, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rules);
        rules.Check();
        await _calls.RunAsync(
            async () =>
            {
                await Control.ReplaceRulesAsync(rules).ConfigureAwait(false);
                return true;
            },
            Repeat.Harmless,
            cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<RecommenderStatus> StatusAsync(CancellationToken cancellationToken = default) =>
        await _calls.RunAsync(() => Control.StatusAsync(), Repeat.Harmless, cancellationToken).ConfigureAwait(false);

    private async Task<Receipt> ImportAsync(IReadOnlyList<Interaction> events, ImportRows import, CancellationToken cancellationToken)
    {
        IdRules.Check("import.source", import.Source);
        Interaction[] rows = [.. events];
        // The ledger of the source knows a row that comes again.
        return await _calls.RunAsync(
            () => _grains.GetGrain<IImportGrain>(import.Source).ObserveAsync(rows, import.FirstRow),
            Repeat.Harmless,
            cancellationToken).ConfigureAwait(false);
    }

    // Each time it is called it asks under another key, beginning with the one that answered last.
    private Func<TimeSpan, Task<Page>> Anywhere(Func<IPageGrain, TimeSpan, Task<Page>> ask, string? userId)
    {
        var from = Volatile.Read(ref _pageKey);
        var asked = 0;
        return async time =>
        {
            var key = (from + Interlocked.Increment(ref asked) - 1) % PageKeys;
            var page = await ask(_grains.GetGrain<IPageGrain>(key), time).ConfigureAwait(false);
            Volatile.Write(ref _pageKey, key);
            return WithoutSession(page, userId);
        };
    }

    private static Page WithoutSession(Page page, string? userId) => userId is null
        ? page
        : page with
        {
            UserId = userId,
            Degraded = page.Degraded.Contains("session", StringComparer.Ordinal) ? page.Degraded : [.. page.Degraded, "session"],
        };

    /// <summary>The one user of the whole batch, when its id is legal.</summary>
    private static string? OnlyUser(Interaction[] events)
    {
        var userId = events[0]?.UserId;
        if (!IdRules.IsLegal(userId))
            return null;
        foreach (var e in events)
        {
            if (e?.UserId != userId)
                return null;
        }

        return userId;
    }

    private IUserGrain User(string id) => _grains.GetGrain<IUserGrain>(id);
}
