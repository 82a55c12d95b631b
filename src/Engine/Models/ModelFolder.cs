using System.Security.Cryptography;
using System.Text.Json;
using Recs.Engine.Storage;

namespace Recs.Engine.Models;

/// <summary>
/// Reads and writes model folders. A folder appears under its final name only when it is whole: files are written and
/// flushed in a temporary folder beside it, the manifest with their hashes last, and then the folder is renamed.
/// Layout: docs/model-format.md. Thread-safe; one writer at a time per models directory.
/// </summary>
public static class ModelFolder
{
    /// <summary>Names beginning so are never versions: folders being written or being removed.</summary>
    private const string Hidden = ".";

    private const long MaxManifestBytes = 1 << 20, MaxRankerBytes = 16 << 20;

    private static readonly string[] RequiredFiles =
        [ModelFiles.Items, ModelFiles.Factors, ModelFiles.Neighbours, ModelFiles.Popularity, ModelFiles.Ranker];

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>
    /// Loads and checks; throws <see cref="InvalidDataException"/> saying which file and what is wrong. Items that the
    /// catalogue has no room for are left out.
    /// </summary>
    public static RecommenderModel Load(string folder, ItemCatalog catalog)
    {
        var manifest = ReadManifest(folder);
        foreach (var name in RequiredFiles)
        {
            if (!manifest.Files.ContainsKey(name))
                throw new InvalidDataException($"{ModelFiles.Manifest}: files does not list {name}.");
        }

        var ranker = Read(folder, manifest, ModelFiles.Ranker, MaxRankerBytes,
            (stream, file) => RankerFile.Read(stream, file, () => ReadGraph(folder, manifest)));
        var ids = Read(folder, manifest, ModelFiles.Items, long.MaxValue,
            (stream, file) => ModelFiles.ReadItems(new ModelFileReader(stream, file)));
        var factors = Read(folder, manifest, ModelFiles.Factors, long.MaxValue,
            (stream, file) => ModelFiles.ReadFactors(new ModelFileReader(stream, file), ids.Length));
        var neighbours = Read(folder, manifest, ModelFiles.Neighbours, long.MaxValue,
            (stream, file) => ModelFiles.ReadNeighbours(new ModelFileReader(stream, file), ids.Length));
        var popularity = Read(folder, manifest, ModelFiles.Popularity, long.MaxValue,
            (stream, file) => ModelFiles.ReadPopularity(new ModelFileReader(stream, file), ids.Length));
        if (manifest.FeatureSchemaHash != ranker.SchemaHash)
        {
            throw new InvalidDataException(
                $"{ModelFiles.Manifest}: featureSchemaHash is {manifest.FeatureSchemaHash} but {ModelFiles.Ranker} was trained on {ranker.SchemaHash}.");
        }

        var linear = !manifest.Files.ContainsKey(ModelFiles.Linear)
            ? ItemNeighbours.None
            : Read(folder, manifest, ModelFiles.Linear, long.MaxValue,
                (stream, file) => ModelFiles.ReadNeighbours(new ModelFileReader(stream, file), ids.Length));
        var conversion = !manifest.Files.ContainsKey(ModelFiles.Conversion)
            ? null
            : Read(folder, manifest, ModelFiles.Conversion, MaxRankerBytes, (stream, file) => RankerFile.Read(stream, file, () =>
                throw new InvalidDataException("conversion: only a logistic ranker may stand here.")));
        return ItemNumbers.Bind(manifest, ids, factors, neighbours, linear, popularity, ranker, conversion, catalog);
    }

    /// <summary>Reads the manifest alone; throws <see cref="InvalidDataException"/> saying what is wrong with it.</summary>
    public static ModelManifest ReadManifest(string folder)
    {
        var path = Path.Combine(folder, ModelFiles.Manifest);
        ModelManifest? manifest;
        try
        {
            using var stream = File.OpenRead(path);
            if (stream.Length > MaxManifestBytes)
                throw Damaged($"is {stream.Length} bytes; legal is up to {MaxManifestBytes}");
            manifest = JsonSerializer.Deserialize<ModelManifest>(stream, Json);
        }
        catch (JsonException e)
        {
            throw Damaged($"is not a model manifest: {e.Message.TrimEnd('.')}", e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Damaged($"is missing from {folder}", e);
        }

        if (manifest is null || manifest.Files is null || manifest.Hyperparameters is null || manifest.Metrics is null
            || manifest.Version is null || manifest.FeatureSchemaHash is null)
        {
            throw Damaged("has a null where a value is needed");
        }

        if (manifest.Format != 1)
            throw Damaged($"has format {manifest.Format}; this version reads 1");
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        if (manifest.Version != name)
            throw Damaged($"is of version '{manifest.Version}' but the folder is called '{name}'");
        return manifest;
    }

    /// <summary>
    /// Writes a model under <paramref name="modelsDirectory"/>/VERSION, whole or not at all; returns the folder. The
    /// manifest's <see cref="ModelManifest.Files"/> are filled in here.
    /// </summary>
    public static string Write(string modelsDirectory, RecommenderModel model, ItemCatalog catalog, bool looksOn = false)
    {
        var version = model.Manifest.Version;
        if (!IsVersionName(version))
            throw RecommenderException.Invalid("version", version, LegalVersionName);
        Directory.CreateDirectory(modelsDirectory);
        var final = Path.Combine(modelsDirectory, version);
        if (Directory.Exists(final))
            throw new RecommenderException(RefusalKind.Conflict, $"Model version {version} is there already.");
        var temporary = Path.Combine(modelsDirectory, $"{Hidden}{version}.writing");
        if (Directory.Exists(temporary))
            Directory.Delete(temporary, recursive: true);
        Directory.CreateDirectory(temporary);
        try
        {
            var table = ItemNumbers.TableOf(model, catalog);
            var hashes = new SortedDictionary<string, string>(StringComparer.Ordinal)
            {
                [ModelFiles.Items] = Save(temporary, ModelFiles.Items, s => ModelFiles.WriteItems(s, table.Ids)),
                [ModelFiles.Factors] = Save(temporary, ModelFiles.Factors, s => ModelFiles.WriteFactors(s, model.Factors)),
                [ModelFiles.Neighbours] = Save(temporary, ModelFiles.Neighbours, s => ModelFiles.WriteNeighbours(s, table.Neighbours)),
                [ModelFiles.Popularity] = Save(temporary, ModelFiles.Popularity, s => ModelFiles.WritePopularity(s, table.Popularity)),
                [ModelFiles.Ranker] = Save(temporary, ModelFiles.Ranker, s => RankerFile.Write(s, model.Ranker)),
            };
            if (RankerFile.Graph(model.Ranker) is { } graph)
                hashes[ModelFiles.Graph] = Save(temporary, ModelFiles.Graph, s => s.Write(graph));
            if (model.Conversion is { } conversion)
                hashes[ModelFiles.Conversion] = Save(temporary, ModelFiles.Conversion, s => RankerFile.Write(s, conversion));
            if (table.Linear.Items.Length > 0)
                hashes[ModelFiles.Linear] = Save(temporary, ModelFiles.Linear, s => ModelFiles.WriteNeighbours(s, table.Linear));
            var manifest = model.Manifest with { Files = hashes };
            if (looksOn)
                Save(temporary, ModelFiles.LooksOn, _ => { });
            Save(temporary, ModelFiles.Manifest, s => JsonSerializer.Serialize(s, manifest, Json));
            // The names inside must be durable before the folder's own is, and that before it counts as written.
            DiskFiles.Instance.FlushDirectory(temporary);
            Directory.Move(temporary, final);
            DiskFiles.Instance.FlushDirectory(modelsDirectory);
        }
        catch
        {
            if (Directory.Exists(temporary))
                Directory.Delete(temporary, recursive: true);
            throw;
        }

        return final;
    }

    /// <summary>True for a version that was made to look on: no host takes it up by itself until it is promoted.</summary>
    public static bool LooksOn(string modelsDirectory, string version) => File.Exists(Path.Combine(modelsDirectory, version, ModelFiles.LooksOn));

    /// <summary>Lets a version serve that was made to look on; false when it could already.</summary>
    /// <exception cref="RecommenderException">There is no such version (NotFound).</exception>
    public static bool Promote(string modelsDirectory, string version)
    {
        if (!Versions(modelsDirectory).Contains(version, StringComparer.Ordinal))
            throw new RecommenderException(RefusalKind.NotFound, $"No model version '{version}' in {modelsDirectory}.") { Field = "version", Value = version };
        if (!LooksOn(modelsDirectory, version))
            return false;
        File.Delete(Path.Combine(modelsDirectory, version, ModelFiles.LooksOn));
        DiskFiles.Instance.FlushDirectory(Path.Combine(modelsDirectory, version));
        return true;
    }

    /// <summary>Folder names with a manifest, newest first.</summary>
    public static IReadOnlyList<string> Versions(string modelsDirectory)
    {
        if (!Directory.Exists(modelsDirectory))
            return [];
        var names = new List<string>();
        foreach (var folder in Directory.EnumerateDirectories(modelsDirectory))
        {
            var name = Path.GetFileName(folder);
            if (IsVersionName(name) && File.Exists(Path.Combine(folder, ModelFiles.Manifest)))
                names.Add(name);
        }

        names.Sort(static (a, b) => string.CompareOrdinal(b, a));
        return names;
    }

    /// <summary>
    /// Deletes all but the newest <paramref name="keep"/> versions, and leftovers of writers that died; returns what
    /// was deleted. The newest is never deleted, nor the newest that may serve, nor <paramref name="also"/>. A version goes out of <see cref="Versions"/> at once, so a reader
    /// never sees half of one; a process that has it loaded is not affected.
    /// </summary>
    public static IReadOnlyList<string> Retain(string modelsDirectory, int keep, string? also = null)
    {
        if (keep < 1)
            throw RecommenderException.Invalid("keep", keep, "1 or more");
        var versions = Versions(modelsDirectory);
        if (versions.Count == 0)
            return [];
        var deleted = new List<string>();
        var serving = versions.FirstOrDefault(version => version != also && !LooksOn(modelsDirectory, version));
        foreach (var version in versions.Skip(keep))
        {
            if (version == serving || version == also)
                continue;
            var doomed = Path.Combine(modelsDirectory, $"{Hidden}{version}.removed");
            Directory.Move(Path.Combine(modelsDirectory, version), doomed);
            Directory.Delete(doomed, recursive: true);
            deleted.Add(version);
        }

        // A writer's folder older than a whole model can only be what a dead writer left.
        var newest = Directory.GetLastWriteTimeUtc(Path.Combine(modelsDirectory, versions[0]));
        foreach (var folder in Directory.EnumerateDirectories(modelsDirectory, $"{Hidden}*"))
        {
            var ours = folder.EndsWith(".writing", StringComparison.Ordinal) || folder.EndsWith(".removed", StringComparison.Ordinal);
            if (ours && Directory.GetLastWriteTimeUtc(folder) < newest.AddHours(-1))
                Directory.Delete(folder, recursive: true);
        }

        return deleted;
    }

    /// <summary>
    /// A name for a model made now: time to the second and six hex digits of what it was made from, later in order
    /// than every version there is.
    /// </summary>
    public static string NewVersion(string modelsDirectory, DateTimeOffset now, string madeFrom)
    {
        var newest = Versions(modelsDirectory) is [var first, ..] ? first : "";
        var digest = Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{now.UtcTicks} {madeFrom}")))[..6];
        var at = now.ToUniversalTime();
        while (true)
        {
            var name = FormattableString.Invariant($"{at:yyyyMMdd-HHmmss}-{digest}");
            // A second model within a second, or a clock set back: the name must still sort last.
            if (string.CompareOrdinal(name, newest) > 0)
                return name;
            if (!DateTimeOffset.TryParseExact(newest.Split('.')[0][..Math.Min(15, newest.Length)], "yyyyMMdd-HHmmss", null,
                    System.Globalization.DateTimeStyles.AssumeUniversal, out var after))
            {
                throw RecommenderException.Invalid("version", newest, "a name that sorts before the present time; move that folder away");
            }

            at = after.ToUniversalTime().AddSeconds(1);
        }
    }

    private static byte[] ReadGraph(string folder, ModelManifest manifest)
    {
        if (!manifest.Files.ContainsKey(ModelFiles.Graph))
            throw new InvalidDataException($"{ModelFiles.Manifest}: files does not list {ModelFiles.Graph}.");
        return Read(folder, manifest, ModelFiles.Graph, Ranking.Onnx.OnnxModel.MaxBytes, (stream, _) =>
        {
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        });
    }

    internal const string LegalVersionName = "1 to 100 letters, digits, '-', '_' and '.', not beginning with '.'";

    internal static bool IsVersionName(string? name) =>
        name is { Length: > 0 } && name.Length is > 0 and <= 100 && name[0] != '.'
        && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    private static string Save(string folder, string file, Action<Stream> write)
    {
        var path = Path.Combine(folder, file);
        using (var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16))
        {
            write(stream);
            stream.Flush(flushToDisk: true);
        }

        using var written = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(written));
    }

    private static T Read<T>(string folder, ModelManifest manifest, string file, long maxBytes, Func<Stream, string, T> read)
    {
        FileStream stream;
        try
        {
            stream = File.OpenRead(Path.Combine(folder, file));
        }
        catch (FileNotFoundException e)
        {
            throw new InvalidDataException($"{file}: is missing.", e);
        }

        using (stream)
        {
            if (stream.Length > maxBytes)
                throw new InvalidDataException($"{file}: is {stream.Length} bytes; legal is up to {maxBytes}.");
            var hash = Convert.ToHexStringLower(SHA256.HashData(stream));
            if (hash != manifest.Files[file])
                throw new InvalidDataException($"{file}: its SHA-256 is {hash}; the manifest says {manifest.Files[file]}.");
            stream.Position = 0;
            return read(stream, file);
        }
    }

    private static InvalidDataException Damaged(string what, Exception? inner = null) =>
        new($"{ModelFiles.Manifest}: {what}.", inner);
}
