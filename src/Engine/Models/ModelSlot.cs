using Microsoft.Extensions.Logging;

namespace Recs.Engine.Models;

/// <summary>
/// The model that pages use, swapped whole: a page takes it once. Watches a folder; a newer version is loaded beside the
/// old one, which serves until then. A version that does not load is refused, remembered, and reported. Thread-safe.
/// </summary>
public sealed class ModelSlot(string modelsDirectory, ItemCatalog catalog, ILogger logger)
{
    /// <summary>Refused versions remembered.</summary>
    private const int RefusedCap = 100;

    private readonly SemaphoreSlim _loading = new(1, 1);
    private readonly Dictionary<string, string> _refused = new(StringComparer.Ordinal);
    private volatile RecommenderModel? _current;

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
                if (!IsRefused(version) && TryLoad(version) is { } model)
                {
                    _current = model;
                    Swapped?.Invoke(model);
                    logger.LogInformation("Model {Version} is active: {Items} items with factors.", version, model.Factors.Rows);
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
