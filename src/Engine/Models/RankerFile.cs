namespace Recs.Engine.Models;

/// <summary>ranker.json of a model folder.</summary>
internal static class RankerFile
{
    public static void Write(Stream stream, IRanker ranker) => throw new NotImplementedException();

    /// <summary>Throws <see cref="InvalidDataException"/> when damaged, or when trained on other features than this build makes.</summary>
    public static IRanker Read(Stream stream, string file) => throw new NotImplementedException();
}
