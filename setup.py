"""Three source roots, each holding one package, and the architecture files as a data package beside them."""

from setuptools import find_packages, setup

ROOTS = {"openrow": "simulator", "openrow_kernels": "kernels", "openrow_traces": "traces"}

packages = ["openrow_arch_configs"]
package_dir = {"openrow_arch_configs": "arch_configs"}
for package, root in ROOTS.items():
    packages += find_packages(root)
    package_dir[package] = f"{root}/{package}"

setup(
    packages=packages,
    package_dir=package_dir,
    package_data={
        "openrow_arch_configs": ["*.yaml", "*/*.yaml", "*/*/*.yaml"],
        **{package: ["py.typed"] for package in ROOTS},
    },
)
