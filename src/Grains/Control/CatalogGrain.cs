using System.Collections.Concurrent;
using Recs.Engine.Embedded;
using Recs.Grains.Placement;
using Recs.Grains.Silo;
using Recs.Grains.Storage;

namespace Recs.Grains.Control;

/// <summary>
/// Owns the catalogue's log. A write is acknowledged when it is durable and every silo has it: those that the membership
/// shows, and those that have read the log in order to join. One that does not answer is waited for until the membership
/// says that it is gone.
/// </summary>
[SpreadPlacement]
internal sealed class CatalogGrain(SiloEngine engine, Silos silos) : Grain, ICatalogGrain
{
    /// <summary>Of one answer; a silo that is further behind asks again.</summary>
    private const long MessageBytes = 4 << 20;

    private static readonly TimeSpan CompactInterval = TimeSpan.FromMinutes(1);

    private readonly HashSet<string> _joined = new(StringComparer.Ordinal);
    private FolderLock _lock = null!;
    private ItemCatalog _catalog = null!;
    private CatalogStore _store = null!;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        try
        {
            _lock = FolderLock.Take(engine.Options.ArtifactDirectory, "catalog");
        }
        catch (RecommenderException refusal)
        {
            // No filter sees what an activation throws.
            throw new RefusalException(refusal);
        }

        try
        {
            // A copy of its own: what is being written must not be on pages before every silo has it.
            // Its vectors are a table: they are kept for the log, and searched in the silos' own copies.
            _catalog = new ItemCatalog(
                engine.Options.MaxItems, new ItemVectors(SpaceFile.Read(engine.Options.ArtifactDirectory), engine.Options.MaxVectorBytes));
            _store = await Task.Run(
                () => CatalogStore.Open(DataFolder.Catalog(engine.Options.ArtifactDirectory), CatalogStore.LogOptions, _catalog, out _), cancellationToken);
        }
        catch
        {
            _lock.Dispose();
            throw;
        }

        this.RegisterGrainTimer(CompactAsync, new GrainTimerCreationOptions(CompactInterval, CompactInterval));
        DelayDeactivation(Timeout.InfiniteTimeSpan);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_store is not null)
            await _store.DisposeAsync();
        _lock?.Dispose();
    }

    public async Task<CatalogReceipt> UpsertAsync(IReadOnlyList<Item> items)
    {
        var from = _store.NextOrdinal;
        var receipt = await _store.UpsertAsync(items, engine.Time.GetUtcNow());
        await TellAsync(from);
        return receipt with { CatalogVersion = _store.NextOrdinal };
    }

    public async Task<bool> DeleteAsync(string itemId)
    {
        IdRules.Check("itemId", itemId);
        var from = _store.NextOrdinal;
        var deleted = await _store.DeleteAsync(itemId);
        await TellAsync(from);
        return deleted;
    }

    public Task<CatalogChanges> ReadAsync(long fromOrdinal, string silo)
    {
        _joined.Add(silo);
        return Task.FromResult(Changes(fromOrdinal));
    }

    private async Task CompactAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _store.CompactIfStaleAsync(cancellationToken);
        }
        catch (RecommenderException problem)
        {
            engine.Logger.LogWarning("The catalogue's log was not compacted: {Problem}", problem.Message);
        }
    }

    private CatalogChanges Changes(long fromOrdinal)
    {
        var records = _store.ReadFrom(fromOrdinal, MessageBytes, out var next);
        return new CatalogChanges { FromOrdinal = fromOrdinal, NextOrdinal = next, Records = [.. records], Version = _store.NextOrdinal };
    }

    // Also after a write that changed nothing: an earlier one may have been left unconfirmed.
    private async Task TellAsync(long from)
    {
        _joined.RemoveWhere(silo => !silos.IsThere(silo));
        var all = silos.Active().Select(s => s.ToParsableString()).Union(_joined).ToArray();
        var changes = Changes(from);
        var failed = new ConcurrentQueue<string>();
        var missing = await silos.OnEachAsync(all, ApplyAsync, engine.Options.ConfirmTimeout);
        if (missing.Count > 0 || !failed.IsEmpty)
        {
            throw new RecommenderException(
                RefusalKind.Overloaded, $"The write is durable, but {string.Join(", ", missing.Union(failed))} did not confirm it{(failed.IsEmpty ? $" within {engine.Options.ConfirmTimeout.TotalSeconds:0} s" : "")}. Writing the same again is harmless.")
            {
                RetryAfter = TimeSpan.FromSeconds(1),
            };
        }

        async Task ApplyAsync(ISiloAgentGrain agent)
        {
            try
            {
                await agent.ApplyCatalogAsync(changes);
            }
            catch (RecommenderException problem)
            {
                // It will not do better at once; it goes on asking for what it misses.
                var silo = agent.GetPrimaryKeyString();
                engine.Logger.LogError("Silo {Silo} does not take the catalogue's record {Ordinal}, which is durable: {Problem}", silo, from, problem.Message);
                failed.Enqueue(silo);
            }
        }
    }
}
