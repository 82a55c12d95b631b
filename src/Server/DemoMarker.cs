using System.Text.Json;
using System.Text.Json.Serialization;

namespace Recs.Server;

/// <summary>
/// demo.json in the data folder: which demo world was begun there, so that a first start that was cut off goes on
/// with the same world.
/// </summary>
/// <param name="Seed">Seed of the world.</param>
/// <param name="End">End of its history.</param>
/// <param name="Done">True once it is loaded and trained on.</param>
internal sealed record DemoMarker(int Seed, DateTimeOffset End, bool Done)
{
    /// <summary>Name of the import in the recommender's ledger.</summary>
    public string ImportSource => $"demo-{Seed}-{End.ToUnixTimeSeconds()}";

    public static DemoMarker? Read(string dataFolder)
    {
        var path = PathIn(dataFolder);
        return File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), DemoMarkerJson.Default.DemoMarker) : null;
    }

    /// <summary>Replaces the file; a crash leaves the old or the new one.</summary>
    public void Write(string dataFolder)
    {
        var path = PathIn(dataFolder);
        using (var file = new FileStream(path + ".new", FileMode.Create, FileAccess.Write))
        {
            JsonSerializer.Serialize(file, this, DemoMarkerJson.Default.DemoMarker);
            file.Flush(flushToDisk: true);
        }
        File.Move(path + ".new", path, overwrite: true);
    }

    private static string PathIn(string dataFolder) => Path.Combine(dataFolder, "demo.json");
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(DemoMarker))]
internal sealed partial class DemoMarkerJson : JsonSerializerContext;
