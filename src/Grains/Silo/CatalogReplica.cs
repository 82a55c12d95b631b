using Recs.Engine.Embedded;

namespace Recs.Grains.Silo;

/// <summary>
/// Keeps the silo's catalogue in step with the cluster's: records are applied in order of their ordinals, and a gap is
/// filled before what comes after it. Thread-safe.
/// </summary>
internal sealed class CatalogReplica(SiloEngine engine, IGrainFactory grains, ILocalSiloDetails silo)
{
    private readonly SemaphoreSlim _applying = new(1, 1);
    private long _next;

    /// <summary>The record that is waited for.</summary>
    public long Next => Interlocked.Read(ref _next);

    /// <summary>The cluster's version of the catalogue as of the last record.</summary>
    public long Version { get; private set; }

    /// <summary>Reads what the artifact store has, before the silo joins.</summary>
    public void LoadFolder()
    {
        Interlocked.Exchange(ref _next, CatalogStore.ReadInto(DataFolder.Catalog(engine.Options.ArtifactDirectory), engine.Catalog));
        if (engine.Catalog.Excess is { } excess)
            engine.Logger.LogWarning("The catalogue holds {Excess} that this silo is set to. All of it is served; writes that would add to it are refused where the cap is as low.", excess);
        engine.Catalog.Vectors.MakeSearchable();
    }

    /// <summary>Asks for what is missing, and to be told of what comes.</summary>
    public async Task CatchUpAsync()
    {
        await _applying.WaitAsync();
        try
        {
            await PullAsync();
        }
        finally
        {
            _applying.Release();
        }
    }

    /// <summary>Applies records; returns the one that is waited for afterwards.</summary>
    public async Task<long> ApplyAsync(CatalogChanges changes)
    {
        await _applying.WaitAsync();
        try
        {
            if (changes.FromOrdinal > _next)
                await PullAsync();
            else
                await ApplyOffTurnAsync(changes);
            return _next;
        }
        finally
        {
            _applying.Release();
        }
    }

    private async Task PullAsync()
    {
        CatalogChanges changes;
        do
        {
            changes = await grains.GetGrain<ICatalogGrain>(0).ReadAsync(_next, silo.SiloAddress.ToParsableString());
            await ApplyOffTurnAsync(changes);
        }
        while (changes.Records.Length > 0);
    }

    // An index that is written to faster than it merges makes its writer wait: not on a grain's turn.
    private Task ApplyOffTurnAsync(CatalogChanges changes)
    {
        if (engine.Catalog.Vectors.Spaces.Count > 0)
            return Task.Run(() => Apply(changes));
        Apply(changes);
        return Task.CompletedTask;
    }

    private void Apply(CatalogChanges changes)
    {
        // Applied before is harmless, except that an older record must not undo a newer one.
        var known = (int)Math.Clamp(_next - (changes.NextOrdinal - changes.Records.Length), 0, changes.Records.Length);
        foreach (var record in changes.Records.AsSpan(known))
            CatalogStore.Apply(record, engine.Catalog);
        if (changes.NextOrdinal < _next)
            return;
        Interlocked.Exchange(ref _next, changes.NextOrdinal);
        Version = changes.Version;
    }
}
