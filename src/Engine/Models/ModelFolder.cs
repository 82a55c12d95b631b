namespace Recs.Engine.Models;

/// <summary>Reads and writes model folders. A folder appears under its final name only when it is whole.</summary>
public static class ModelFolder
{
    /// <summary>Loads and checks; throws <see cref="InvalidDataException"/> saying which file and what is wrong.</summary>
    public static RecommenderModel Load(string folder, ItemCatalog catalog) => throw new NotImplementedException();

    /// <summary>Reads the manifest alone.</summary>
    public static ModelManifest ReadManifest(string folder) => throw new NotImplementedException();

    /// <summary>Writes a model under <paramref name="modelsDirectory"/>/VERSION, whole or not at all; returns the folder.</summary>
    public static string Write(string modelsDirectory, RecommenderModel model, ItemCatalog catalog) =>
        throw new NotImplementedException();

    /// <summary>Folder names with a manifest, newest first.</summary>
    public static IReadOnlyList<string> Versions(string modelsDirectory) => throw new NotImplementedException();
}
