using System.Globalization;
using System.Text;

namespace Recs.Api.Pages.Shared;

/// <summary>
/// A picture for an item that has none: the category chooses the colour, the id the pattern. Deterministic.
/// </summary>
/// <param name="Hue">0 to <see cref="Hues"/> - 1: a class of the style sheet.</param>
/// <param name="Turn">0 or 1: which neighbouring hue accompanies it.</param>
/// <param name="Layers">SVG paths in a box of 120 by 120, back to front, by tone 1 to 3.</param>
public sealed record Artwork(int Hue, int Turn, IReadOnlyList<(int Tone, string Path)> Layers)
{
    public const int Hues = 12;

    private const int Side = 120;

    public static Artwork Of(Item item)
    {
        var id = Fnv.Hash(item.Id);
        var hue = (int)(Fnv.Hash(item.Categories is [var first, ..] ? first : "") % Hues);
        var bits = new Bits(id);
        var layers = (id % 6) switch
        {
            0 => Quarters(bits),
            1 => Rainbow(bits),
            2 => Hills(bits),
            3 => Orbits(bits),
            4 => Petals(bits),
            _ => Steps(bits),
        };
        return new Artwork(hue, (int)(id >> 7 & 1), layers);
    }

    /// <summary>Nine tiles, each a quarter disc turned at will.</summary>
    private static IReadOnlyList<(int, string)> Quarters(Bits bits)
    {
        var tones = new StringBuilder[] { new(), new(), new() };
        for (var cell = 0; cell < 9; cell++)
        {
            int x = cell % 3 * 40, y = cell / 3 * 40;
            var path = tones[bits.Next(3)];
            path.Append(bits.Next(4) switch
            {
                0 => F($"M{x} {y}h40a40 40 0 0 1-40 40z"),
                1 => F($"M{x + 40} {y}v40a40 40 0 0 1-40-40z"),
                2 => F($"M{x + 40} {y + 40}h-40a40 40 0 0 1 40-40z"),
                _ => F($"M{x} {y + 40}v-40a40 40 0 0 1 40 40z"),
            });
        }
        return Collect(tones);
    }

    /// <summary>Arcs around one corner.</summary>
    private static IReadOnlyList<(int, string)> Rainbow(Bits bits)
    {
        int cx = bits.Next(2) * Side, cy = 40 + bits.Next(2) * 80;
        var layers = new List<(int, string)>();
        for (var ring = 0; ring < 4; ring++)
            layers.Add((1 + (ring + bits.Next(1)) % 3, Disc(cx, cy, 108 - ring * 26)));
        return layers;
    }

    /// <summary>A sun over two ridges.</summary>
    private static IReadOnlyList<(int, string)> Hills(Bits bits)
    {
        int sun = 28 + bits.Next(5) * 16, height = 34 + bits.Next(3) * 8, back = 62 + bits.Next(4) * 6, front = 84 + bits.Next(3) * 6;
        return
        [
            (3, Disc(sun, height, 15 + bits.Next(3) * 4)),
            (1, F($"M0 {back}c26 {-18 - bits.Next(12)} 44 10 64 2s38-22 56-8v{Side}h-{Side}z")),
            (2, F($"M0 {front + 10}c30-20 50 {6 + bits.Next(8)} 72-4s36-14 48-4v{Side}h-{Side}z")),
        ];
    }

    /// <summary>A planet, its ring, and moons.</summary>
    private static IReadOnlyList<(int, string)> Orbits(Bits bits)
    {
        int cx = 46 + bits.Next(4) * 10, cy = 48 + bits.Next(4) * 8, radius = 26 + bits.Next(3) * 5, ring = radius + 16;
        return
        [
            (1, Disc(cx, cy, ring + 22)),
            (2, Disc(cx, cy, radius)),
            (3, Disc(cx + ring, cy - 6 + bits.Next(12), 7 + bits.Next(3)) + Disc(cx - ring + 6, cy + radius, 4 + bits.Next(3))),
        ];
    }

    /// <summary>Leaves in a grid of four.</summary>
    private static IReadOnlyList<(int, string)> Petals(Bits bits)
    {
        var tones = new StringBuilder[] { new(), new(), new() };
        for (var cell = 0; cell < 4; cell++)
        {
            int x = cell % 2 * 60, y = cell / 2 * 60;
            tones[bits.Next(3)].Append(bits.Next(2) == 0
                ? F($"M{x} {y}h26a34 34 0 0 1 34 34v26h-26a34 34 0 0 1-34-34z")
                : F($"M{x + 60} {y}v26a34 34 0 0 1-34 34h-26v-26a34 34 0 0 1 34-34z"));
        }
        return Collect(tones);
    }

    /// <summary>Bars of growing height under a disc.</summary>
    private static IReadOnlyList<(int, string)> Steps(Bits bits)
    {
        var tones = new StringBuilder[] { new(), new(), new() };
        var rising = bits.Next(2) == 0;
        for (var bar = 0; bar < 5; bar++)
        {
            var height = 22 + (rising ? bar : 4 - bar) * 15 + bits.Next(3) * 5;
            tones[bar % 2].Append(F($"M{bar * 24} {Side}v-{height}a12 12 0 0 1 24 0v{height}z"));
        }
        tones[2].Append(Disc(rising ? 30 : 90, 34, 13 + bits.Next(2) * 4));
        return Collect(tones);
    }

    private static List<(int, string)> Collect(StringBuilder[] tones)
    {
        var layers = new List<(int, string)>();
        for (var tone = 0; tone < tones.Length; tone++)
            if (tones[tone].Length > 0)
                layers.Add((tone + 1, tones[tone].ToString()));
        return layers;
    }

    private static string Disc(int cx, int cy, int radius) =>
        F($"M{cx - radius} {cy}a{radius} {radius} 0 1 0 {2 * radius} 0a{radius} {radius} 0 1 0-{2 * radius} 0z");

    private static string F(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>Small numbers drawn from a hash.</summary>
    private sealed class Bits(uint state)
    {
        public int Next(int below)
        {
            state = state * 1664525u + 1013904223u;
            return (int)((state >> 16) % (uint)below);
        }
    }
}
