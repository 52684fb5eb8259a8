"""The lab: JupyterLab on the notebooks, with a cluster to run them on."""
