using Microsoft.Extensions.Logging;

namespace Recs.Engine.Models;

/// <summary>
/// The model that pages use, swapped whole: a page takes it once. Watches a folder; a newer version is loaded beside the
/// old one, which serves until then. A version that does not load is refused, remembered, and reported. Thread-safe.
/// </summary>
/// <param name="modelsDirectory">The folder of model folders.</param>
/// <param name="catalog">The catalogue that models are bound to.</param>
/// <param name="logger">Where to report.</param>
/// <param name="searched">False where nobody searches a model's own index, because its vectors are searched in shards.</param>
public sealed class ModelSlot(string modelsDirectory, ItemCatalog catalog, ILogger logger, bool searched = true)
{
    /// <summary>Refused versions remembered.</summary>
    private const int RefusedCap = 100;

    private readonly SemaphoreSlim _loading = new(1, 1);
    private readonly Dictionary<string, string> _refused = new(StringComparer.Ordinal);
    private volatile RecommenderModel? _current;
    private RecommenderModel? _prepared;

    /// <summary>A version that is not taken up by itself, because it only looks on; asked at every look.</summary>
    public Func<string?>? HeldBack { get; init; }

    /// <summary>Raised after a swap, before <see cref="Current"/> is used by a page made later.</summary>
    public event Action<RecommenderModel>? Swapped;

    public RecommenderModel? Current => _current;

    /// <summary>Loads the newest version that loads, if it is newer than the current one; returns the active version.</summary>
    public async Task<string?> ReloadAsync(CancellationToken cancellationToken)
    {
        await _loading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            foreach (var version in ModelFolder.Versions(modelsDirectory))
            {
                if (_current is { } current && string.CompareOrdinal(version, current.Version) <= 0)
                    break;
                if (!IsRefused(version) && !IsHeldBack(version) && TryLoad(version) is { } model)
                {
                    Swap(model);
                    break;
                }
            }

            return _current?.Version;
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <summary>The newest version in the folder that was neither refused nor held back; null when there is none.</summary>
    public string? Newest() => ModelFolder.Versions(modelsDirectory)
        .FirstOrDefault(version => !IsRefused(version) && (!IsHeldBack(version) || version == _current?.Version));

    /// <summary>Loads a version beside the current one, for <see cref="ActivateAsync"/>. False when it does not load.</summary>
    public async Task<bool> PrepareAsync(string version, CancellationToken cancellationToken)
    {
        await _loading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_current?.Version == version || _prepared?.Version == version)
                return true;
            if (!ModelFolder.Versions(modelsDirectory).Contains(version, StringComparer.Ordinal) || IsRefused(version))
                return false;
            // Elsewhere: the caller may be somebody who has other things to answer meanwhile.
            var model = await Task.Run(() => TryLoad(version), cancellationToken).ConfigureAwait(false);
            _prepared = model;
            return model is not null;
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <summary>Makes the prepared version the current one; loads it first when it was not prepared. False when it does not load.</summary>
    public async Task<bool> ActivateAsync(string version, CancellationToken cancellationToken)
    {
        if (!await PrepareAsync(version, cancellationToken).ConfigureAwait(false))
            return false;
        await _loading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_prepared is { } prepared && prepared.Version == version)
            {
                Swap(prepared);
                _prepared = null;
            }

            return _current?.Version == version;
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <summary>The current or the prepared model, if it has this version.</summary>
    public RecommenderModel? Find(string version) =>
        _current is { } current && current.Version == version ? current
        : Volatile.Read(ref _prepared) is { } prepared && prepared.Version == version ? prepared
        : null;

    /// <summary>The models in the folder, newest first.</summary>
    public IReadOnlyList<ModelInfo> List()
    {
        var current = _current;
        var infos = new List<ModelInfo>();
        foreach (var version in ModelFolder.Versions(modelsDirectory))
        {
            try
            {
                var manifest = version == current?.Version
                    ? current.Manifest
                    : ModelFolder.ReadManifest(Path.Combine(modelsDirectory, version));
                string? problem;
                lock (_refused)
                    _refused.TryGetValue(version, out problem);
                var state = version == current?.Version ? "active" : problem is null ? "available" : "refused";
                infos.Add(new ModelInfo(version, manifest.CreatedAt, state, manifest.Items, manifest.Events, manifest.Metrics, problem));
            }
            catch (Exception e) when (e is InvalidDataException or IOException)
            {
                infos.Add(new ModelInfo(version, default, "refused", 0, 0, new Dictionary<string, double>(), e.Message));
            }
        }

        return infos;
    }

    private void Swap(RecommenderModel model)
    {
        _current = model;
        Swapped?.Invoke(model);
        logger.LogInformation("Model {Version} is active: {Items} items with factors.", model.Version, model.Factors.Rows);
    }

    // Whatever the settings say now: a version that was made to look on stays where it is until somebody promotes it.
    private bool IsHeldBack(string version) => version == HeldBack?.Invoke() || ModelFolder.LooksOn(modelsDirectory, version);

    private bool IsRefused(string version)
    {
        lock (_refused)
            return _refused.ContainsKey(version);
    }

    private RecommenderModel? TryLoad(string version)
    {
        try
        {
            var model = ModelFolder.Load(Path.Combine(modelsDirectory, version), catalog);
            // Made here, so that no page waits for it.
            if (searched)
                _ = model.Index;
            return model;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Perhaps still being copied in: looked at again at the next poll.
            logger.LogWarning("Model {Version} could not be read yet, the older one goes on: {Problem}", version, e.Message);
            return null;
        }
        catch (Exception e) when (e is InvalidDataException or RecommenderException)
        {
            logger.LogError("Model {Version} was refused, the older one goes on: {Problem}", version, e.Message);
            lock (_refused)
            {
                if (_refused.Count >= RefusedCap)
                    _refused.Clear();
                _refused[version] = e.Message;
            }

            return null;
        }
    }
}
