using System.Globalization;
using System.Text;
using System.Text.Json;
using Recs.Cli.Output;
using Recs.Engine.Monitoring;
using Recs.Engine.Policies;

namespace Recs.Cli.Http;

/// <summary>
/// A recommender behind a server's HTTP API. Thread-safe. Refusals arrive as <see cref="RecommenderException"/>; a busy
/// server (429, 503) is asked again, see <see cref="HttpCaller"/>. Events without an id get one, so that this is harmless. Items of one call may go in several requests, each all
/// or nothing, when they are large.
/// </summary>
internal sealed class HttpRecommender(HttpClient http, Uri server, string? apiKey, TimeProvider time) : IRecommender, IDisposable
{
    /// <summary>Below the server's own bound on bodies, 4 MiB by default.</summary>
    private const int MaxBodyBytes = 3 << 20;

    /// <summary>Event ids that a server with default settings remembers of a user.</summary>
    private const int RememberedIds = 256;

    private readonly HttpCaller _caller = new(http, server, apiKey, time);

    public async ValueTask<Receipt> ObserveAsync(IReadOnlyList<Interaction> events, ImportRows? import = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(events);
        var query = new Query();
        if (import is not null)
        {
            query.Add("importSource", import.Source).Add("importFirstRow", import.FirstRow);
            return await PostEventsAsync(query, events, repeatable: true, cancellationToken).ConfigureAwait(false);
        }

        // A repeat must not count twice: every event gets an id, and the server is asked again only about what it remembers.
        var sent = EventIds.Assign(events, time, out var assigned);
        var receipt = await PostEventsAsync(query, sent, EventIds.AreRemembered(sent, RememberedIds), cancellationToken).ConfigureAwait(false);
        // Ids that are new with this call can only be known from an attempt of its own.
        return assigned == sent.Length ? receipt with { Accepted = sent.Length, Duplicates = 0 } : receipt;
    }

    public async ValueTask<CatalogReceipt> UpsertItemsAsync(IReadOnlyList<Item> items, CancellationToken cancellationToken = default)
    {
        var body = Body(items);
        if (body.Length > MaxBodyBytes && items.Count > 1)
        {
            var half = items.Count / 2;
            var first = await UpsertItemsAsync([.. items.Take(half)], cancellationToken).ConfigureAwait(false);
            var second = await UpsertItemsAsync([.. items.Skip(half)], cancellationToken).ConfigureAwait(false);
            return new CatalogReceipt(
                first.Added + second.Added, first.Replaced + second.Replaced, first.Unchanged + second.Unchanged, second.CatalogVersion);
        }

        return await _caller.SendAsync<CatalogReceipt>(HttpMethod.Post, "v1/items", body, true, cancellationToken).ConfigureAwait(false)
            ?? throw HttpCaller.Unexpected("no receipt");
    }

    public ValueTask<Page> RecommendAsync(PageRequest request, CancellationToken cancellationToken = default) => PageAsync(
        $"v1/users/{Id(request.UserId)}/recommendations",
        Common(request.Count, request.Filter, request.Exclude, null, request.Explain, request.Deadline)
            .Add("surface", request.Surface).Add("after", request.After).Add("whyNot", request.WhyNot)
            .Add("includeSeen", request.IncludeSeen), cancellationToken);

    public ValueTask<Page> SimilarAsync(SimilarRequest request, CancellationToken cancellationToken = default) => PageAsync(
        $"v1/items/{Id(request.ItemId)}/similar",
        Common(request.Count, request.Filter, request.Exclude, request.UserId, request.Explain, request.Deadline)
            .Add("space", request.Space), cancellationToken);

    public ValueTask<Page> TrendingAsync(TrendingRequest request, CancellationToken cancellationToken = default) => PageAsync(
        "v1/trending",
        Common(request.Count, request.Filter, request.Exclude, request.UserId, request.Explain, request.Deadline), cancellationToken);

    public async ValueTask<UserProfile?> ProfileAsync(string userId, CancellationToken cancellationToken = default) =>
        await _caller.GetAsync<UserProfile>($"v1/users/{Id(userId)}", cancellationToken).ConfigureAwait(false);

    public async ValueTask<MergeReceipt> MergeAsync(string guestId, string targetId, CancellationToken cancellationToken = default) =>
        await _caller.SendAsync<MergeReceipt>(
            HttpMethod.Post, $"v1/users/{Id(targetId)}/merge", Body(new { guestId }), true, cancellationToken).ConfigureAwait(false)
        ?? throw HttpCaller.Unexpected("no receipt");

    public async ValueTask<ForgetReceipt> ForgetAsync(string userId, CancellationToken cancellationToken = default) =>
        await _caller.SendAsync<ForgetReceipt>(HttpMethod.Delete, $"v1/users/{Id(userId)}", null, true, cancellationToken).ConfigureAwait(false)
        ?? throw HttpCaller.Unexpected("no receipt");

    public async ValueTask<Item?> GetItemAsync(string itemId, CancellationToken cancellationToken = default) =>
        await _caller.GetAsync<Item>($"v1/items/{Id(itemId)}", cancellationToken).ConfigureAwait(false);

    public async ValueTask<bool> DeleteItemAsync(string itemId, CancellationToken cancellationToken = default)
    {
        try
        {
            await _caller.SendAsync<JsonElement>(HttpMethod.Delete, $"v1/items/{Id(itemId)}", null, true, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (RecommenderException e) when (e.Kind == RefusalKind.NotFound)
        {
            return false;
        }
    }

    public async ValueTask<IReadOnlyList<ModelInfo>> ModelsAsync(CancellationToken cancellationToken = default) =>
        (await _caller.GetAsync<ModelsReply>("v1/models", cancellationToken).ConfigureAwait(false))?.Models
        ?? throw HttpCaller.Unexpected("no list of models");

    public async ValueTask<RuleSet> GetRulesAsync(CancellationToken cancellationToken = default) =>
        RuleSetJson.Parse(Encoding.UTF8.GetBytes(
            (await _caller.SendAsync<JsonElement>(HttpMethod.Get, "v1/rules", null, true, cancellationToken).ConfigureAwait(false)).GetRawText()));

    public async ValueTask ReplaceRulesAsync(RuleSet rules, CancellationToken cancellationToken = default) =>
        await _caller.SendAsync<JsonElement>(HttpMethod.Put, "v1/rules", RuleSetJson.Write(rules), true, cancellationToken).ConfigureAwait(false);

    public async ValueTask<RecommenderStatus> StatusAsync(CancellationToken cancellationToken = default) =>
        await _caller.GetAsync<RecommenderStatus>("v1/status", cancellationToken).ConfigureAwait(false)
        ?? throw HttpCaller.Unexpected("no status");

    public void Dispose() => http.Dispose();

    private async Task<Receipt> PostEventsAsync(Query query, IReadOnlyList<Interaction> events, bool repeatable, CancellationToken cancellationToken) =>
        await _caller.SendAsync<Receipt>(HttpMethod.Post, "v1/events" + query, Body(events), repeatable, cancellationToken).ConfigureAwait(false)
        ?? throw HttpCaller.Unexpected("no receipt");

    private async ValueTask<Page> PageAsync(string path, Query query, CancellationToken cancellationToken) =>
        await _caller.SendAsync<Page>(HttpMethod.Get, path + query, null, true, cancellationToken).ConfigureAwait(false)
        ?? throw HttpCaller.Unexpected("no page");

    private static Query Common(int count, ItemFilter? filter, IReadOnlyList<string> exclude, string? userId, bool explain, TimeSpan? deadline) =>
        new Query().Add("count", count).Add("filter", filter?.ToString()).Add("exclude", exclude).Add("userId", userId)
            .Add("explain", explain).Add("deadlineMs", deadline is { } d ? (long)Math.Ceiling(d.TotalMilliseconds) : null);

    private static string Id(string id) => Uri.EscapeDataString(id);

    private static byte[] Body<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, Json.Options);

    private sealed record ModelsReply(IReadOnlyList<ModelInfo> Models);

    /// <summary>A query string; what is absent or false is left out.</summary>
    private sealed class Query
    {
        private readonly StringBuilder _text = new();

        public Query Add(string name, string? value)
        {
            if (value is not null)
                _text.Append(_text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
            return this;
        }

        public Query Add(string name, long? value) => Add(name, value?.ToString(CultureInfo.InvariantCulture));

        public Query Add(string name, bool value) => Add(name, value ? "true" : null);

        // The server parts a list at commas before it unescapes.
        public Query Add(string name, IReadOnlyList<string> values)
        {
            foreach (var value in values)
                Add(name, value);
            return this;
        }

        public override string ToString() => _text.ToString();
    }
}
