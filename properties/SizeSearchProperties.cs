using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Pqf.Compression.Allocation;
using Pqf.Tensors;
using Xunit;

namespace Pqf.Properties;

/// <summary>Laws of the search for the smallest size that loses little, where agreement is any function of the size.</summary>
public class SizeSearchProperties
{
    sealed record Case(long Least, long Most, int Seed)
    {
        /// <summary>Not monotone: a measurement on few photographs is not.</summary>
        public double Agreement(long size) =>
            (0.7 * (size - Least) / Math.Max(1, Most - Least)) + (0.3 * RngKey.FromSeed(Seed).Uniform((ulong)size));

        /// <summary>Size found, and how many were tried.</summary>
        public (long? Found, List<long> Tried) Search(double wanted)
        {
            var tried = new List<long>();
            var search = new SizeBisection(Least, Most);
            for (; search.Next is { } size; search = search.After(Agreement(size) >= wanted))
                tried.Add(size);
            return (search.Smallest, tried);
        }
    }

    static Arbitrary<Case> Cases() =>
        (
            from least in Gen.Choose(1, 1_000_000)
            from more in Gen.Choose(0, 100_000_000)
            from seed in Gen.Choose(0, int.MaxValue)
            select new Case(least, least + (long)more, seed)
        ).ToArbitrary();

    [Property(MaxTest = 300)]
    public Property A_larger_loss_never_gives_a_larger_size() =>
        Prop.ForAll(
            Cases(),
            c =>
            {
                long? before = c.Least;
                foreach (double wanted in new[] { 0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1 })
                {
                    long? found = c.Search(wanted).Found;
                    Assert.True(found is null || found >= before, $"{wanted}: {found} after {before}");
                    before = found ?? long.MaxValue;
                }
            }
        );

    [Property(MaxTest = 300)]
    public Property The_size_found_passes_and_is_the_smallest_tried_that_does() =>
        Prop.ForAll(
            Cases(),
            c =>
            {
                foreach (double wanted in new[] { 0, 0.3, 0.5, 0.8, 1 })
                {
                    var (found, tried) = c.Search(wanted);
                    long[] passed = [.. tried.Where(size => c.Agreement(size) >= wanted)];
                    Assert.Equal(passed.Length == 0 ? null : passed.Min(), found);
                    Assert.InRange(tried.Count, 1, SizeBisection.MostTrials);
                    Assert.All(tried, size => Assert.InRange(size, c.Least, c.Most));
                    if (found is null)
                        Assert.Contains(c.Most, tried);
                }
            }
        );
}
