using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Convolution;
using Pqf.Tensors.Ops.Convolution.Grouped;
using Xunit;

namespace Pqf.Tensors.Tests.Host;

public class GroupedSizesTests
{
    [Theory]
    [MemberData(nameof(HostCases.Widths), MemberType = typeof(HostCases))]
    public void An_item_of_every_convolution_that_fits_has_room_in_the_scratch_memory(string width)
    {
        int fitting = 0;
        using var host = new HostDevice(1, HostCases.Width(width));
        foreach (int size in (int[])[2, 4, 8, 16])
        foreach (int kernel in Enumerable.Range(1, 33))
        foreach (int dilation in (int[])[1, 2, 5, 31])
        foreach (int stride in (int[])[1, 2])
        foreach (int side in (int[])[40, 56, 57, 400])
        {
            Shape weight = [64, size, kernel, kernel];
            var options = new Conv2dOptions
            {
                Groups = 64 / size,
                Dilation = dilation,
                Stride = stride,
            };
            Shape x = [1, side + (kernel * dilation), side + (kernel * dilation), 64];
            if (!GroupedSizes.Fits(host, weight, options))
                continue;
            fitting++;
            Assert.InRange(new GroupedSizes(Conv2d.Geometry(x, weight, options), host.Lanes).SizeBytes, 1, HostDevice.ScratchSizeBytes);
        }

        Assert.True(fitting > 500, $"{fitting} fit");
    }
}
